"""Firn's plugins of dbt -> what macros ask of Python, a clear word where the warm Spark is not.

dbt imports every module whose name begins with `dbt_` and makes the `plugins` in it; nothing calls
them by hand.
"""

from dbt_firn.as_of import AsOf
from dbt_firn.catalog_tls import CatalogTls
from dbt_firn.computed_views import ComputedViews
from dbt_firn.one_build import OneBuild
from dbt_firn.preflight import Preflight
from dbt_firn.private_files import PrivateFiles
from dbt_firn.publication import Publication
from dbt_firn.refreshes import Refreshes
from dbt_firn.streams import Streams
from dbt_firn.test_results import TestResults
from dbt_firn.warm_target import WarmTarget

plugins = [
    *(PrivateFiles, OneBuild, AsOf, CatalogTls, ComputedViews, Preflight),
    *(Publication, Refreshes, Streams, TestResults, WarmTarget),
]

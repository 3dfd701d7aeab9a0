"""The account a sandbox server runs as: home -> a folder for its data that the account can use."""

import contextlib
import os
import pwd
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lake.errors import EnvironmentFault

UNPRIVILEGED_USER = "nobody"
# What is made there is refused when it exists as anyone else's: a name known before is no danger.
SHARED_FOLDERS = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108


@dataclass(frozen=True)
class ServiceAccount:
    """The account that owns a server's processes and data folder."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "ServiceAccount":
        """Return the caller's own account or, for root, `nobody`: PostgreSQL refuses root.

        Raises EnvironmentFault when the caller is root and there is no such user.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        try:
            entry = pwd.getpwnam(UNPRIVILEGED_USER)
        except KeyError as error:
            raise EnvironmentFault(
                f"PostgreSQL does not run as root, and there is no user '{UNPRIVILEGED_USER}'"
                " to run it as",
                f"run as an ordinary user, or add one: useradd --system {UNPRIVILEGED_USER}",
            ) from error
        return cls(entry.pw_uid, entry.pw_gid)

    @property
    def is_caller(self) -> bool:
        """Whether processes of the caller already run as this account."""
        return self.uid == os.geteuid()

    def can_enter(self, folder: Path) -> bool:
        """Return whether this account may pass through `folder` and every folder above it."""
        resolved = folder.resolve()
        return self.is_caller or all(
            self._may_traverse(step.stat()) for step in (resolved, *resolved.parents)
        )

    def _may_traverse(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)

    def make_folder(self, folder: Path) -> None:
        """Create `folder` for this account alone (mode 0700), or accept one that is its own.

        Raises EnvironmentFault when something else stands there: it is never taken over.
        """
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            status = folder.lstat()
            if folder.is_symlink() or not folder.is_dir() or status.st_uid != self.uid:
                raise EnvironmentFault(
                    f"{folder} exists and is not a folder of user id {self.uid}",
                    f"look at it, then move it away: mv {folder} {folder}.old",
                ) from None
        if not self.is_caller:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    @contextlib.contextmanager
    def secret_file(self, folder: Path, text: str) -> Iterator[Path]:
        """Yield a file in `folder` with `text` that only this account can read, then delete it."""
        handle, name = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text + "\n")
            if not self.is_caller:
                os.chown(name, self.uid, self.gid)
            yield Path(name)
        finally:
            Path(name).unlink()

    def folder_near(self, home: Path) -> Path:
        """Return a folder for this account's files: in `home`, or under the temp folder.

        A home below a closed folder (such as /root) cannot be entered by `nobody`; its files then
        go to a new folder of the system's temporary files: what an earlier home left is not found.
        Raises EnvironmentFault when neither can be entered.
        """
        if self.can_enter(home):
            return home
        name = f"firn-{self.uid}-{secrets.token_hex(8)}"
        for parent in (Path(tempfile.gettempdir()), *SHARED_FOLDERS):
            if parent.is_dir() and self.can_enter(parent):
                self.make_folder(parent / name)
                return parent / name
        raise EnvironmentFault(
            f"user id {self.uid} can enter neither {home} nor the temporary folders",
            f"make a folder above {home} passable, such as: chmod o+x {home.parent}",
        )

    def moved(self, folder: Path, home: Path) -> Path:
        """Return a folder that holds what was in `folder`, which this account can enter.

        That is `folder` itself wherever possible. Else somebody closed a folder above it since,
        and its `data` go to a new place. Raises EnvironmentFault as `folder_near` does.
        """
        if self.can_enter(folder):
            return folder
        place = self.folder_near(home)
        if (folder / "data").exists():
            data = Path(shutil.move(folder / "data", place / "data"))
            for path in (data, *data.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)
        return place

    def executables(self, package: Path, folder: Path) -> Path:
        """Return a copy of `package` that this account can run: the original wherever possible.

        `package` is an installed wheel's folder; its shared libraries lie beside it.
        """
        if self.can_enter(package):
            return package
        copy = folder / "programs"
        if not (copy / package.name).is_dir():
            unfinished = folder / "programs.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in package.parent.glob(f"{package.name}*"):
                if not part.name.endswith(".dist-info"):
                    shutil.copytree(part, unfinished / part.name)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return copy / package.name

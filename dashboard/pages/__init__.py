"""The pages, one a system: filters -> reading -> queries -> panels."""

"""The migrations of the database's schema. They expand only: an older version may be running beside a newer one."""

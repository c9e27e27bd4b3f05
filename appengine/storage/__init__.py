"""Where the rows are: SQL engines, the platform's clock, files of data."""

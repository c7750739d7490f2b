"""Tables with a row per box: this program's CSV and Parquet, supervision's CSV."""

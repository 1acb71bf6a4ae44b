"""The op table: a file for each family, rules beside their ops."""

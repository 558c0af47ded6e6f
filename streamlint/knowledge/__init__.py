"""Facts about the outside world, as TOML tables and the questions that can be asked of them."""

[
  inputs: ["{mix,.formatter}.exs", "{config,lib,test,bench}/**/*.{ex,exs}", "priv/repo/migrations/*.exs"],
  import_deps: [],
  line_length: 120
]

[
  inputs: ["{mix,.formatter}.exs", "{config,lib,test,bench}/**/*.{ex,exs}"],
  # Phoenix's own list is not at hand in the core build.
  locals_without_parens: [
    attr: 2,
    attr: 3,
    slot: 1,
    slot: 2,
    plug: 1,
    plug: 2,
    socket: 3,
    pipe_through: 1,
    live: 3,
    live: 4,
    get: 4,
    bmp_pages: 1,
    bmp_pages: 2
  ],
  line_length: 120
]

ExUnit.start(
  exclude: [:commands, :packages],
  formatters: [ExUnit.CLIFormatter, ServiceRadar.BMP.Test.LeftOut],
  # A busy machine is no failure. LiveView's tests wait as long, too.
  assert_receive_timeout: 20_000
)

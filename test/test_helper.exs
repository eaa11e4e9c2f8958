ExUnit.start(exclude: [:commands, :packages], formatters: [ExUnit.CLIFormatter, ServiceRadar.BMP.Test.LeftOut])

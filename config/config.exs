import Config

# Nothing listens unless a host starts `{ServiceRadar.BMP, options}` or this configuration says so:
#
#     config :serviceradar_bmp, station: [port: 11019, allow: ["10.0.0.0/8"]]

if File.exists?(Path.join(__DIR__, "#{config_env()}.exs")), do: import_config("#{config_env()}.exs")

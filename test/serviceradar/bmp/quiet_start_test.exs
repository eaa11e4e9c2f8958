import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.QuietStartTest do
    @moduledoc "What a station says when it starts: what it made, once; nothing of what is only not there yet."
    use ExUnit.Case, async: false

    import ExUnit.CaptureLog
    import ServiceRadar.BMP.TestRouter

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Pipeline, Store, Wire}
    alias ServiceRadar.BMP.Test.{FreePort, NATS, Postgres, Servers}

    @moduletag timeout: 120_000

    setup do
      # The tests' own level leaves out what a start says.
      Logger.configure(level: :info)
      on_exit(fn -> Logger.configure(level: :warning) end)
      nats = Servers.nats!()
      postgres = Servers.postgres!()

      options = [
        broker: {Broker.JetStream, servers: [NATS.url(nats)]},
        pipeline: Pipeline.Broadway,
        store: {Store.Postgres, url: Postgres.url(postgres)},
        insight: Application.app_dir(:serviceradar_bmp, "priv/insight.json")
      ]

      %{options: options}
    end

    # The log of a start with a route that gets into the table, and of the stop.
    defp log_of_a_start(name, options) do
      capture_log(fn ->
        station = start_station!(name, options)
        socket = connect!(station)
        update = Wire.update(attributes: Wire.mandatory(), nlri: ["198.51.100.0/24"])
        :ok = :gen_tcp.send(socket, [Wire.initiation("rtr"), Wire.peer_up(), Wire.route_monitoring(update)])
        eventually(fn -> match?({:ok, [_], _}, BMP.routes(station, [])) end, "the route", 6_000)
        :gen_tcp.close(socket)
        stop_supervised!(station)
      end)
    end

    test "an empty database is no error, and the tables made are said once; the second start says nothing of them",
         %{test: test, options: options} do
      first = log_of_a_start(test, options)
      refute first =~ "[warning]"
      refute first =~ "[error]"
      assert [_] = Regex.scan(~r/BMP tables made in schema "public", version #{BMP.Migrations.newest()}$/m, first)

      second = log_of_a_start(test, options)
      refute second =~ "[warning]"
      refute second =~ "[error]"
      refute second =~ "BMP tables made"
    end

    test "a start without its servers says once what it waits for, and what to do", %{test: test, options: options} do
      port = FreePort.free_port()

      options =
        Keyword.merge(options,
          broker: {Broker.JetStream, servers: ["nats://127.0.0.1:#{port}"]},
          store: {Store.Postgres, url: "postgres://bmp@127.0.0.1:#{port}/bmp"}
        )

      log =
        capture_log(fn ->
          station = start_station!(test, options)
          Process.sleep(8_000)
          stop_supervised!(station)
        end)

      assert [_] = Regex.scan(~r/Is nats-server running where the option `servers` says\?/, log)
      assert [_] = Regex.scan(~r/Is Postgres running where the option `url` says\?/, log)
    end
  end
end

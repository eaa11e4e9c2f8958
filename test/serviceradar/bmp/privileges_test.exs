import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.PrivilegesTest do
    @moduledoc "Three stations, each of one role, with exactly what guides/privileges.md says that they may do."
    use ExUnit.Case, async: true

    import ServiceRadar.BMP.TestRouter, only: [connect!: 1, eventually: 1, eventually: 2, prefixes: 1]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Pipeline, Store, Wire}
    alias ServiceRadar.BMP.Test.{NATS, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 300_000

    # What the guide says is what is tested.
    @guide File.read!(Path.expand("../../../guides/privileges.md", __DIR__))
    @external_resource Path.expand("../../../guides/privileges.md", __DIR__)
    [_, sql] = Regex.run(~r/```sql\n(.*?)```/s, @guide)
    [_, users] = Regex.run(~r/```text\n(.*?)```/s, @guide)
    @sql sql
    @users users

    setup_all do
      server = Servers.postgres!()
      %{postgres: server}
    end

    defp url(server, role), do: String.replace(Postgres.url(server), "postgres@", role <> "@")

    defp start!(name, role, nats, user, postgres, db, more \\ []) do
      jet_stream = [
        servers: ["nats://#{user}:#{user}@127.0.0.1:#{nats.port}"],
        settings: [inbox_prefix: "_INBOX_#{user}."],
        semantic_events: role == :pipeline
      ]

      store = Keyword.merge([url: url(postgres, db), schema: "bmp", migrate: false, maintain_every: 0], more)

      start_supervised!(
        {BMP,
         name: name,
         ip: "127.0.0.1",
         port: 0,
         partitions: 2,
         roles: [role],
         broker: {Broker.JetStream, jet_stream},
         pipeline: Pipeline.Runner,
         store: {Store.Postgres, store}},
        id: name
      )

      name
    end

    defp server_log(nats), do: File.read!(Path.join(nats.folder, "log"))

    # The owner's part, which is not that of the stations.
    defp owned!(postgres) do
      {:ok, pid} =
        Postgrex.start_link(hostname: "127.0.0.1", port: postgres.port, username: "postgres", database: "postgres")

      for statement <- @sql |> String.replace(~r/^--.*$/m, "") |> String.split(";"), String.trim(statement) != "" do
        if statement =~ "GRANT USAGE ON SCHEMA bmp TO bmp_pipeline", do: migrate!(postgres)
        Postgrex.query!(pid, String.replace(statement, "DATABASE bmp", "DATABASE postgres"), [])
      end

      pid
    end

    # What `migrate: true` does once, with the role that owns the tables; it also keeps the time tables in order.
    defp migrate!(postgres) do
      name = :privileges_owner

      start_supervised!(
        {BMP,
         name: name,
         ip: "127.0.0.1",
         port: 0,
         store: {Store.Postgres, url: url(postgres, "bmp_owner"), schema: "bmp", maintain_every: 600_000}},
        id: name
      )

      eventually(fn -> ServiceRadar.BMP.Store.Postgres.Keeper.ready?(ServiceRadar.BMP.Config.new!(name: name)) end)
      stop_supervised!(name)
    end

    test "with these every role works, and without one of them it does not", %{postgres: postgres} do
      admin = owned!(postgres)
      nats = Servers.nats!(@users)

      receiver = start!(:privileges_receiver, :receive, nats, "bmp_receiver", postgres, "bmp_pipeline")
      start!(:privileges_pipeline, :pipeline, nats, "bmp_pipeline", postgres, "bmp_pipeline")
      pages = start!(:privileges_pages, :view, nats, "bmp_receiver", postgres, "bmp_pages")

      router = connect!(receiver)
      update = fn prefix -> Wire.route_monitoring(Wire.update(attributes: Wire.mandatory(), nlri: [prefix])) end
      :ok = :gen_tcp.send(router, [Wire.initiation("rtr"), Wire.peer_up(), update.("192.0.2.0/24")])
      eventually(fn -> prefixes(pages) == ["192.0.2.0/24"] end, "a route in the pages")
      :ok = :gen_tcp.send(router, [update.("198.51.100.0/24"), Wire.peer_down()])
      eventually(fn -> match?({:ok, [%{state: :down}]}, BMP.peers(pages)) end, "a peer that is down")
      :ok = :gen_tcp.close(router)
      eventually(fn -> match?({:ok, [%{state: :disconnected}]}, BMP.routers(pages)) end, "a router that is gone")
      refute server_log(nats) =~ "Violation"

      # The pages' role changes nothing.
      {:ok, reader} =
        Postgrex.start_link(hostname: "127.0.0.1", port: postgres.port, username: "bmp_pages", database: "postgres")

      assert {:error, %{postgres: %{code: :insufficient_privilege}}} =
               Postgrex.query(reader, "DELETE FROM bmp.bgp_routers", [])

      # The pipeline's role makes and drops no table.
      {:ok, writer} =
        Postgrex.start_link(
          hostname: "127.0.0.1",
          port: postgres.port,
          username: "bmp_pipeline",
          database: "postgres"
        )

      assert {:error, %{postgres: %{code: :insufficient_privilege}}} =
               Postgrex.query(writer, "CREATE TABLE bmp.x (a int)", [])

      assert {:error, %{postgres: %{code: :insufficient_privilege}}} =
               Postgrex.query(writer, "DROP TABLE bmp.bgp_routers", [])

      # Without TEMPORARY nothing is committed.
      Postgrex.query!(admin, "REVOKE TEMPORARY ON DATABASE postgres FROM bmp_pipeline", [])
      router = connect!(receiver)
      :ok = :gen_tcp.send(router, [Wire.initiation("other"), Wire.peer_up(), update.("203.0.113.0/24")])
      refute_in(fn -> prefixes(pages) == ["203.0.113.0/24"] end)
      Postgrex.query!(admin, "GRANT TEMPORARY ON DATABASE postgres TO bmp_pipeline", [])
      eventually(fn -> prefixes(pages) == ["203.0.113.0/24"] end, "the same, once it is granted")
    end

    # A commit is tried many times in this.
    defp refute_in(function),
      do:
        for(
          _ <- 1..20,
          do:
            (
              Process.sleep(100)
              refute(function.())
            )
        )

    test "each of the pipeline's subjects is needed", %{postgres: postgres} do
      # Not those that are for what has not happened here: dead letters and resets.
      for subject <- [
            "$JS.API.STREAM.INFO.BMP",
            "$JS.API.CONSUMER.INFO.BMP.*",
            "$JS.API.CONSUMER.DURABLE.CREATE.BMP.*",
            "$JS.API.CONSUMER.MSG.NEXT.BMP.*"
          ] do
        less = String.replace(@users, ~s("#{subject}"), ~s("none"), global: true)
        assert less != @users
        nats = NATS.start!(less)
        name = :"without #{subject}"
        start!(name, :pipeline, nats, "bmp_pipeline", postgres, "postgres", schema: "other", migrate: true)

        eventually(
          fn -> server_log(nats) =~ ~r/Publish Violation.*#{Regex.escape(String.trim_trailing(subject, "*"))}/ end,
          subject
        )

        stop_supervised!(name)
        NATS.stop(nats)
      end
    end
  end
end

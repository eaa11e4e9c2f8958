import ServiceRadar.BMP.Test.Needs

needs [:packages, :nats, :postgres] do
  defmodule ServiceRadar.BMP.GapTest do
    @moduledoc """
    A message of a session that is lost on the way from the station that receives to the one that owns the partition: the
    session is asked over NATS to begin anew, again where nobody heard, and its router sends everything once more.
    """
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.TestRouter, only: [start_station!: 2, eventually: 2, eventually: 3]

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.{Broker, Instance, Parity, Pipeline, Store, Telemetry}
    alias ServiceRadar.BMP.Test.{FakeRouter, NATS, Postgres, Servers}

    @moduletag capture_log: true
    @moduletag timeout: 300_000

    # Who was asked and did not begin anew is asked again after three and a half of these.
    @heartbeat 400

    test "a session of which a message is missing begins anew, also where the first request is lost", context do
      nats = Servers.nats!()
      postgres = Servers.postgres!()
      broker = {Broker.JetStream, servers: [NATS.url(nats)]}
      receiver = :"receiver of #{context.test}"
      owner = :"owner of #{context.test}"
      shared = [partitions: 1, broker: broker, session: [heartbeat: @heartbeat]]
      start_station!(receiver, [roles: [:receive]] ++ shared)

      router = start_supervised!({FakeRouter, name: "r", to: BMP.port(receiver), routes: 200, seed: 1})
      {:ok, connection} = Gnat.start_link(%{host: "127.0.0.1", port: nats.port})
      eventually(fn -> messages(connection) > 10 end, "the stream has messages")
      FakeRouter.churn(router, false)
      assert {:ok, _} = Gnat.request(connection, "$JS.API.STREAM.MSG.DELETE.BMP", ~s({"seq":6}))

      # It hears nothing, and what it did not hear is gone.
      resets = Instance.whereis(receiver, :resets)
      :sys.suspend(resets)
      asked = asked(context)

      owns = [
        roles: [:pipeline, :view],
        pipeline: Pipeline.Broadway,
        store: {Store.Postgres, url: Postgres.url(postgres)}
      ]

      start_station!(owner, owns ++ shared)
      assert_receive {:asked, session, {:error, _}}, 60_000
      :sys.replace_state(resets, &forget/1)
      :sys.resume(resets)
      assert_receive {:asked, ^session, :ok}, 60_000
      Telemetry.detach(asked)

      assert eventually(fn -> FakeRouter.connections(router) == 2 end, "the router comes back", 6_000)
      same = fn -> Parity.compare(owner, [FakeRouter.table(router)], router: "r", family: "1/1") end
      eventually(fn -> match?({:ok, true, _, _}, same.()) end, "the router's own table is stored", 6_000)
      {:ok, events, _} = BMP.events(owner)
      assert [%{reason: gap} | _] = for(%{kind: "gap"} = event <- Enum.reverse(events), do: event)
      assert gap =~ "messages of its session never came"
      assert [%{reason: "asked to begin anew: " <> ^gap}] = for(%{kind: "session_end"} = event <- events, do: event)
      # Before its servers, which end with this process.
      :ok = stop_supervised(owner)
      :ok = stop_supervised(receiver)
    end

    defp asked(context) do
      test = self()

      tell = fn _event, _measurements, %{result: result, session: session}, _ ->
        send(test, {:asked, session, result})
      end

      :ok = Telemetry.attach(context.test, [[:serviceradar, :bmp, :pipeline, :reset]], tell)
      context.test
    end

    # Run by the process that is suspended.
    defp forget(state) do
      receive do
        {:msg, _} -> forget(state)
      after
        0 -> state
      end
    end

    defp messages(connection) do
      with {:ok, %{body: body}} <- Gnat.request(connection, "$JS.API.STREAM.INFO.BMP", ""),
           %{"state" => %{"messages" => messages}} <- Jason.decode!(body),
           do: messages,
           else: (_ -> 0)
    end
  end
end

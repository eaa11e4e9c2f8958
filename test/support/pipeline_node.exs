# A node with the pipeline of a station, that a test kills: takes batches out of JetStream and puts them into a Postgres,
# or writes the numbers of their routes to a file, slowly. Arguments: URL of NATS, URL of Postgres or the file, a name, the
# number of partitions.
alias ServiceRadar.BMP.{Broker, Config, Pipeline, Store}
alias ServiceRadar.BMP.Test.RecordingStore

[url, store | more] = System.argv()
{:ok, _} = Application.ensure_all_started(:serviceradar_bmp)

commit = fn _partition, numbers ->
  File.write!(store, Enum.map(numbers, &"#{&1}\n"), [:append])
  Process.sleep(10)
end

store =
  case URI.parse(store) do
    %URI{scheme: "ecto"} -> {Store.Postgres, url: store}
    _ -> {RecordingStore, commit: commit}
  end

config =
  Config.new!(
    partitions: more |> Enum.at(1, "2") |> String.to_integer(),
    collector: List.first(more),
    roles: [:pipeline],
    table: [eor_timeout: 2],
    broker: {Broker.JetStream, servers: [url], ack_wait: 300_000},
    store: store,
    pipeline: {Pipeline.Broadway, batches: 16}
  )

# In the application's supervisor, so that it stops in order when the VM does.
station = %{id: :station, type: :supervisor, start: {ServiceRadar.BMP.Station, :start_link, [config]}}
{:ok, _} = Supervisor.start_child(ServiceRadar.BMP.Application.Supervisor, station)

Process.sleep(:infinity)

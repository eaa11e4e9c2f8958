# A node with the pipeline of a station, that a test kills: takes batches out of JetStream and writes the numbers of
# their routes to a file, slowly. Arguments: URL of NATS, the file.
alias ServiceRadar.BMP.{Broker, Config, Pipeline}
alias ServiceRadar.BMP.Test.RecordingStore

[url, path] = System.argv()
{:ok, _} = Application.ensure_all_started(:serviceradar_bmp)

commit = fn _partition, numbers ->
  File.write!(path, Enum.map(numbers, &"#{&1}\n"), [:append])
  Process.sleep(10)
end

config =
  Config.new!(
    partitions: 2,
    broker: {Broker.JetStream, servers: [url]},
    store: {RecordingStore, commit: commit},
    pipeline: {Pipeline.Broadway, batches: 16}
  )

{:ok, _} =
  Supervisor.start_link([Broker.JetStream.child_spec(config), Pipeline.Broadway.child_spec(config)],
    strategy: :one_for_one
  )

Process.sleep(:infinity)

# A node of a cluster of stations, that a test torments: from its TCP port through JetStream and Broadway into Postgres.
# Arguments: its name, port to listen on, port of its control, URL of NATS, URL of Postgres, schema, partitions.
#
# Its control takes a word a connection: `session` kills a process that has a router's connection, `pipeline` one of the
# processes that own partitions.
alias ServiceRadar.BMP
alias ServiceRadar.BMP.{Broker, Pipeline, Store}

[name, port, control, nats, postgres, schema, partitions] = System.argv()
{:ok, _} = Application.ensure_all_started(:serviceradar_bmp)

# In the application's supervisor, so that it stops in order when the VM does.
options = [
  collector: name,
  # Who is silent is lost after seven seconds, and not after 35.
  session: [heartbeat: 2_000],
  ip: "127.0.0.1",
  port: String.to_integer(port),
  partitions: String.to_integer(partitions),
  broker: {Broker.JetStream, servers: [nats], max_bytes: 100_000_000},
  pipeline: Pipeline.Broadway,
  store: {Store.Postgres, url: postgres, schema: schema}
]

{:ok, _station} = Supervisor.start_child(ServiceRadar.BMP.Application.Supervisor, {BMP, options})

defmodule Victims do
  @moduledoc "Processes of a station by what they do."

  def sessions, do: for(%{pid: pid} <- BMP.sessions(), do: pid)

  # A topology's processes are Broadway's, and its own processes the pipeline's.
  def pipeline do
    for pid <- Process.list(),
        {:dictionary, dictionary} <- [Process.info(pid, :dictionary)],
        inspect(dictionary[:"$initial_call"]) =~ ~r/Pipeline|Broadway/,
        do: pid
  end
end

{:ok, listener} =
  :gen_tcp.listen(String.to_integer(control), [:binary, ip: {127, 0, 0, 1}, active: false, reuseaddr: true])

accept = fn accept ->
  {:ok, socket} = :gen_tcp.accept(listener)

  victims =
    case :gen_tcp.recv(socket, 0, 5_000) do
      {:ok, "session"} -> Victims.sessions()
      {:ok, "pipeline"} -> Victims.pipeline()
      _ -> []
    end

  if victims != [], do: Process.exit(Enum.random(victims), :kill)
  :gen_tcp.send(socket, if(victims == [], do: "none", else: "killed"))
  :gen_tcp.close(socket)
  accept.(accept)
end

accept.(accept)

# A node with a whole station, that a test kills: from its TCP port through JetStream and Broadway into Postgres.
# Arguments: address and port to listen on, URL of NATS, URL of Postgres, its schema.
alias ServiceRadar.BMP
alias ServiceRadar.BMP.{Broker, Pipeline, Store}

[ip, port, nats, postgres, schema] = System.argv()
{:ok, _} = Application.ensure_all_started(:serviceradar_bmp)

{:ok, _} =
  BMP.start_link(
    ip: ip,
    port: String.to_integer(port),
    # Routers of the labs have other addresses than this machine.
    allow: ["0.0.0.0/0", "::/0"],
    partitions: 2,
    broker: {Broker.JetStream, servers: [nats]},
    pipeline: Pipeline.Broadway,
    store: {Store.Postgres, url: postgres, schema: schema}
  )

Process.sleep(:infinity)

defmodule ServiceRadar.BMPWeb.API.MapStream do
  @moduledoc """
  The body of `GET …/map/stream`: an endless Arrow IPC stream of the routing topology (`ServiceRadar.BMP.Feed`).

  The first record batch is the picture, and begins with a row of the kind `picture`; the following ones are changes, coalesced to at
  most one batch each 50 ms, or a row of the kind `heartbeat` where for five seconds nothing changed. A picture may come again
  at any time: then what was known before is to be forgotten. The stream ends when the station's tables are loaded anew; clients
  connect again.

  With the parameter `at` the stream has one record batch and ends: the picture as it was at that time, of the routes with a prefix, as
  far as the store keeps history. Peers and routers are in the state they were in then; alerts and verdicts are not told.

  | column | of a node | of a link | of a route |
  |---|---|---|---|
  | `revision` | rises with each change | | |
  | `kind` | `node` | `link` | `route` |
  | `id` | names it, among its kind | | |
  | `status` | `active`, `stale`, `down`, `withdrawn` | the same | `active`, `flapping`, `withdrawn` |
  | `source_node_id`, `destination_node_id` | | its ends | where it was heard, and where it originates |
  | `prefix` | | | its prefix or NLRI |
  | `metric` | | | MED |
  | `label` | its name | | AS path |
  | `node_kind` | `router`, `peer`, `next_hop`, `as` | | |
  | `router_node_id` | of a peer: its router | | its router |
  | `view`, `afi`, `safi` | | | |
  | `asn` | of a peer or AS | | |
  | `routes` | how many it holds, or lead to it | how many are on it | |
  | `at` | when it changed | | |
  | `latitude`, `longitude` | where it stands, in degrees, where `sites` of `ServiceRadar.BMP.Insight` says so | | |

  A row of the kind `alert` is an alert that is open, one of the kind `verdict` why something broke, for an hour after it was said. Of
  both, `subject` is what it is about and `source_node_id` its node where that is drawn, `label` the words, `rule` the rule or the
  cause, `prefix` the first of its prefixes and `routes` how many there are; `severity` is of an alert, `confidence` (0 to 1) of a
  verdict. One that is over is `withdrawn`. There are none where the station runs without `ServiceRadar.BMP.Insight`.

  What is withdrawn is told once more, and is no more. Of more than 20,000 routes the further ones are in the counts of their peers
  and routers only: the row of the kind `picture` says how many are told one by one (`routes`), and how many at most (`metric`).
  """
  alias ServiceRadar.BMP.Feed

  @coalesce 50

  @doc "Runs in the process of a connection, until the client is gone or the feed begins anew."
  @spec run(Feed.stream(), (iodata -> :ok | :error)) :: :ok
  def run(stream, send) do
    with {:ok, octets} <- Feed.next(stream), :ok <- if(octets, do: send.(octets), else: :ok), :go_on <- wait() do
      run(stream, send)
    else
      _ -> :ok
    end
  end

  defp wait do
    receive do
      {Feed, :begin_anew} -> :end
      {:EXIT, _from, _reason} -> :end
    after
      @coalesce -> :go_on
    end
  end
end

defmodule ServiceRadar.BMPWeb.Paths do
  @moduledoc false
  # The pages' URLs under the path where they are mounted.
  alias ServiceRadar.BMPWeb.Format

  def overview(base, params \\ []), do: with_query(if(base == "", do: "/", else: base), params)
  def router(base, id, params \\ []), do: with_query("#{base}/routers/#{segment(id)}", params)
  def peers(base, params \\ []), do: with_query("#{base}/peers", params)

  def peer(base, id, span \\ nil),
    do: with_query("#{base}/peers/#{segment(id)}", if(span, do: [span: span], else: []))

  def routes(base, params \\ []), do: with_query("#{base}/routes", params)
  def events(base, params \\ []), do: with_query("#{base}/events", params)
  @doc "A prefix through time."
  def prefix(base, prefix, span \\ nil),
    do: with_query("#{base}/prefix", [prefix: prefix] ++ if(span, do: [span: span], else: []))

  def evpn(base, find \\ ""), do: with_query("#{base}/evpn", if(find == "", do: [], else: [find: find]))
  @doc "A frame's octets: of a dead letter (`letter: id`), or given (`octets: hexadecimal`)."
  def frame(base, params \\ []), do: with_query("#{base}/frame", params)

  def alerts(base), do: "#{base}/alerts"
  def map(base), do: "#{base}/map"

  @doc "A route is named by its key: peer, view, family, NLRI and path id."
  def route(base, route) do
    path_id = if route.path_id, do: [path_id: route.path_id], else: []
    bare? = route.prefix != nil and Map.get(route, :nlri_text) == nil
    nlri = if bare?, do: [prefix: route.prefix], else: [nlri: Base.encode16(route.nlri, case: :lower)]
    family = [family: Format.family_slug({route.afi, route.safi})]
    with_query("#{base}/route", [peer: route.peer_id, view: route.view] ++ family ++ nlri ++ path_id)
  end

  defp with_query(path, []), do: path

  defp with_query(path, params),
    do: path <> "?" <> URI.encode_query(Enum.map(params, fn {k, v} -> {k, to_string(v)} end))

  defp segment(text), do: URI.encode(to_string(text), &URI.char_unreserved?/1)
end

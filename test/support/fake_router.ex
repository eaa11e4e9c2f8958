defmodule ServiceRadar.BMP.Test.FakeRouter do
  @moduledoc """
  A router that speaks BMP and knows what it holds: it announces, changes and withdraws at random, and each time it is
  disconnected it connects again and sends its whole table with an End-of-RIB, as routers do.

  `table/1` is what it holds, in the form of FRR's `show bgp ipv4 unicast json`.
  """
  use GenServer

  alias ServiceRadar.BMP.Wire

  @peers [{10, 0, 0, 1}, {10, 0, 0, 2}]
  @batch 20

  @doc "Options: `:name` (sysName), `:to` (port on 127.0.0.1), `:routes` for each of its two peers, `:seed`."
  def start_link(options), do: GenServer.start_link(__MODULE__, options)

  @doc "Stops or goes on changing its routes."
  def churn(router, on?), do: GenServer.call(router, {:churn, on?}, 60_000)

  @doc "The router's own table."
  def table(router), do: GenServer.call(router, :table, 60_000)

  @doc "How often it was connected."
  def connections(router), do: GenServer.call(router, :connections, 60_000)

  @doc "Sends octets as they are in its session; false where it has none."
  def send_raw(router, octets), do: GenServer.call(router, {:raw, octets}, 60_000)

  @doc "The per-peer header of a peer's messages, as `ServiceRadar.BMP.Wire` takes it: post-policy, the view that FRR's table is."
  def peer(address), do: [address: address, bgp_id: address, flags: 0x40]

  @impl true
  def init(options) do
    :rand.seed(:exsss, options[:seed])
    routes = for peer <- @peers, number <- 1..options[:routes], into: %{}, do: {{peer, number}, 0}
    Process.send_after(self(), :connect, 0)
    Process.send_after(self(), :tick, 50)

    {:ok,
     %{
       name: options[:name],
       to: options[:to],
       routes: routes,
       most: options[:routes],
       socket: nil,
       churn: true,
       connections: 0
     }}
  end

  @impl true
  def handle_call({:churn, on?}, _from, state), do: {:reply, :ok, %{state | churn: on?}}
  def handle_call(:connections, _from, state), do: {:reply, state.connections, state}

  def handle_call({:raw, octets}, _from, state),
    do: {:reply, state.socket != nil and :gen_tcp.send(state.socket, octets) == :ok, state}

  def handle_call(:table, _from, state) do
    routes =
      for {number, held} <- Enum.group_by(state.routes, fn {{_, number}, _} -> number end) do
        paths =
          for {{peer, _}, variant} <- held do
            ~s({"valid":true,"peerId":"#{:inet.ntoa(peer)}","path":"#{Enum.join(as_path(variant), " ")}","origin":"igp","nexthops":[{"ip":"203.0.113.1"}]})
          end

        ~s("#{prefix(number)}":[#{Enum.join(paths, ",")}])
      end

    {:reply, ~s({"localAS":1,"routes":{#{Enum.join(routes, ",")}}}), state}
  end

  @impl true
  def handle_info(:connect, state) do
    # Made before it connects: a large one takes longer than a station waits for the first message.
    dump = dump(state)
    options = [:binary, active: true, nodelay: true, send_timeout: 30_000]

    case :gen_tcp.connect({127, 0, 0, 1}, state.to, options, 2_000) do
      {:ok, socket} -> {:noreply, dumped(%{state | socket: socket}, :gen_tcp.send(socket, dump))}
      {:error, _} -> {:noreply, again(state)}
    end
  end

  def handle_info(:tick, state) do
    Process.send_after(self(), :tick, 20 + :rand.uniform(60))
    {:noreply, if(state.churn, do: change(state), else: state)}
  end

  def handle_info({closed, socket}, %{socket: socket} = state) when closed == :tcp_closed, do: {:noreply, again(state)}
  def handle_info({:tcp_error, socket, _}, %{socket: socket} = state), do: {:noreply, again(state)}
  def handle_info(_other, state), do: {:noreply, state}

  defp dumped(state, :ok), do: %{state | connections: state.connections + 1}
  defp dumped(state, {:error, _}), do: again(state)

  defp again(state) do
    if state.socket, do: :gen_tcp.close(state.socket)
    Process.send_after(self(), :connect, 200 + :rand.uniform(300))
    %{state | socket: nil}
  end

  # A router that is not connected goes on living.
  defp change(state) do
    peer = Enum.random(@peers)
    numbers = for _ <- 1..:rand.uniform(5), uniq: true, do: :rand.uniform(state.most)

    {routes, update} =
      if :rand.uniform(3) == 1 do
        {Map.drop(state.routes, Enum.map(numbers, &{peer, &1})), Wire.update(withdrawn: Enum.map(numbers, &prefix/1))}
      else
        variant = :rand.uniform(5)
        {Enum.reduce(numbers, state.routes, &Map.put(&2, {peer, &1}, variant)), announce(numbers, variant)}
      end

    if state.socket, do: :gen_tcp.send(state.socket, Wire.route_monitoring(update, peer(peer)))
    %{state | routes: routes}
  end

  defp dump(state) do
    announced =
      for {{peer, variant}, held} <- Enum.group_by(state.routes, fn {{peer, _}, variant} -> {peer, variant} end),
          part <- held |> Enum.map(fn {{_, number}, _} -> number end) |> Enum.chunk_every(@batch) do
        Wire.route_monitoring(announce(part, variant), peer(peer))
      end

    ups = for peer <- @peers, do: Wire.peer_up(peer(peer))
    ends = for peer <- @peers, do: Wire.route_monitoring(Wire.update([]), peer(peer))
    [Wire.initiation(state.name), ups, announced, ends]
  end

  defp announce(numbers, variant),
    do: Wire.update(attributes: Wire.mandatory(as_path(variant)), nlri: Enum.map(numbers, &prefix/1))

  defp as_path(variant), do: [64_500, 64_600 + variant]
  defp prefix(number), do: "10.#{div(number, 65_536)}.#{rem(div(number, 256), 256)}.#{rem(number, 256)}/32"
end

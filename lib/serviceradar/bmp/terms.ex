defmodule ServiceRadar.BMP.Terms do
  @moduledoc false
  # The last step of decoding: structs from what the NIF gives. The VM makes a struct of which it knows all keys when it compiles at
  # once, where a native function can only set its fields one by one, with a copy of the struct for each: a full table is made of
  # Route Monitorings, so that these and their routes are made here, and all else there (native/nif).
  import Bitwise

  @compile {:inline, message: 1, update: 1, nlri: 2, ipv4_prefix: 1}

  alias ServiceRadar.BMP.BGP.{Attributes, Nlri, RouteGroup, Update}
  alias ServiceRadar.BMP.{DecodeError, PeerHeader, Prefix, Registry, RouteMirroring, RouteMonitoring}

  @prefix struct(Prefix)

  @doc "Whatever a decoder of the NIF gives."
  def made({:ok, messages, rest}), do: {:ok, messages(messages), rest}
  def made({:ok, messages}), do: {:ok, messages(messages)}
  def made({:error, %DecodeError{} = error}), do: {:error, %{error | messages: messages(error.messages)}}

  defp messages([message | rest]), do: [message(message) | messages(rest)]
  defp messages([]), do: []

  defp message({:route_monitoring, offset, %PeerHeader{} = peer, time, update, more}) do
    with_more(%{%RouteMonitoring{} | offset: offset, peer: %{peer | time: time}, update: update(update)}, more)
  end

  defp message(%RouteMirroring{messages: messages} = mirroring),
    do: %{mirroring | messages: Enum.map(messages, &mirrored/1)}

  defp message(message), do: message

  defp mirrored(update) when elem(update, 0) == :update, do: update(update)
  defp mirrored(message), do: message

  # The attributes that have a place in the tuple are those that the registry says have a field of their own, in its order.
  fields = for {_code, name, :own} <- Registry.attributes(), do: String.to_atom(name)
  values = Enum.map(fields, &Macro.var(&1, __MODULE__))

  defp update({:update, groups, more, more_attributes, flags, unquote_splicing(values)}) do
    attributes = %{%Attributes{} | unquote_splicing([{:flags, Macro.var(:flags, nil)} | Enum.zip(fields, values)])}
    with_more(%{%Update{} | attributes: with_more(attributes, more_attributes), groups: groups(groups)}, more)
  end

  # Fields that are rarely there.
  defp with_more(made, []), do: made
  defp with_more(made, [{field, value} | more]), do: with_more(%{made | field => value}, more)

  defp groups([%RouteGroup{} = group, form, nlri | rest]), do: [%{group | nlri: nlri(form, nlri)} | groups(rest)]
  defp groups([]), do: []

  defp nlri(:ipv4, numbers), do: ipv4(numbers)
  defp nlri(:ipv4_add_path, numbers), do: ipv4_add_path(numbers)
  defp nlri(:ipv6, parts), do: ipv6(parts)
  defp nlri(:ipv6_add_path, parts), do: ipv6_add_path(parts)
  defp nlri(:nlri, made), do: made

  defp ipv4([number | rest]), do: [%{%Nlri{} | prefix: ipv4_prefix(number)} | ipv4(rest)]
  defp ipv4([]), do: []

  defp ipv4_add_path([path_id, number | rest]),
    do: [%{%Nlri{} | path_id: path_id, prefix: ipv4_prefix(number)} | ipv4_add_path(rest)]

  defp ipv4_add_path([]), do: []

  # Address and length are one number: address * 64 + length.
  defp ipv4_prefix(number) do
    address = {number >>> 30, number >>> 22 &&& 255, number >>> 14 &&& 255, number >>> 6 &&& 255}
    %{@prefix | address: address, length: number &&& 63}
  end

  defp ipv6([length, address | rest]),
    do: [%{%Nlri{} | prefix: %{@prefix | address: address, length: length}} | ipv6(rest)]

  defp ipv6([]), do: []

  defp ipv6_add_path([path_id, length, address | rest]),
    do: [%{%Nlri{} | path_id: path_id, prefix: %{@prefix | address: address, length: length}} | ipv6_add_path(rest)]

  defp ipv6_add_path([]), do: []
end

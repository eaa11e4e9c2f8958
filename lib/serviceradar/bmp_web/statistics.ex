defmodule ServiceRadar.BMPWeb.Statistics do
  @moduledoc """
  Names of the counters of Statistics Reports (IANA BMP Statistics Types: RFC 7854, RFC 8671, RFC 9736).
  """
  @names %{
    0 => "Prefixes rejected by inbound policy",
    1 => "Known duplicate prefix advertisements",
    2 => "Known duplicate withdraws",
    3 => "Updates invalidated: CLUSTER_LIST loop",
    4 => "Updates invalidated: AS_PATH loop",
    5 => "Updates invalidated: ORIGINATOR_ID",
    6 => "Updates invalidated: AS_CONFED loop",
    7 => "Routes in Adj-RIBs-In",
    8 => "Routes in Loc-RIB",
    9 => "Routes in Adj-RIB-In",
    10 => "Routes in Loc-RIB",
    11 => "Updates subjected to treat-as-withdraw",
    12 => "Prefixes subjected to treat-as-withdraw",
    13 => "Duplicate update messages received",
    14 => "Routes in Adj-RIBs-Out pre-policy",
    15 => "Routes in Adj-RIBs-Out post-policy",
    16 => "Routes in Adj-RIB-Out pre-policy",
    17 => "Routes in Adj-RIB-Out post-policy"
  }

  @doc """
      iex> ServiceRadar.BMPWeb.Statistics.name(4)
      "Updates invalidated: AS_PATH loop"
      iex> ServiceRadar.BMPWeb.Statistics.name(65531)
      "Unknown counter"
  """
  def name(type), do: Map.get(@names, type, "Unknown counter")
end

defmodule ServiceRadar.BMP.ManualBroker do
  @moduledoc "A broker that hands what is published to a process, and answers when it is told to."
  @behaviour ServiceRadar.BMP.Broker

  @impl true
  def validate(options), do: {:ok, options}

  @impl true
  def child_spec(_config), do: %{id: __MODULE__, start: {Agent, :start_link, [fn -> nil end]}}

  @impl true
  def shared?, do: false

  @impl true
  def publish(%{broker: {_, options}}, batch, ref) do
    send(options[:to], {:published, self(), ref, batch})
    :ok
  end

  @doc "Answers a publication."
  def answer(session, ref, result \\ :acked), do: send(session, {:bmp_broker, result, ref})
end

defmodule ServiceRadar.BMP.NoPipeline do
  @moduledoc "A pipeline that takes nothing."
  @behaviour ServiceRadar.BMP.Pipeline

  @impl true
  def validate(options), do: {:ok, options}

  @impl true
  def partition(_config, partition, _token), do: %{id: partition, start: {Agent, :start_link, [fn -> nil end]}}
end

defmodule ServiceRadar.BMP.Events do
  @moduledoc """
  Tells processes what changed, after it is stored.

      iex> ServiceRadar.BMP.Events.subscribe()
      :ok
      iex> ServiceRadar.BMP.Events.broadcast(nil, {:bmp_changes, %{station: :example}})
      :ok
      iex> receive do: ({:bmp_changes, %{station: :example}} = message -> message)
      {:bmp_changes, %{station: :example}}

  Where a station is configured with `pubsub: MyApp.PubSub`, the same messages also go out on that Phoenix.PubSub,
  to every node of it, under the same topics.

  | topic | message |
  |---|---|
  | `"bmp:changes"` | `{:bmp_changes, changes}`, see `t:ServiceRadar.BMP.Deltas.changes/0`, once a committed batch that changed something |
  | `"bmp:ocsf"` | `{:bmp_ocsf, station, events}`, JSON objects, where `:ocsf` is configured: see `ServiceRadar.BMP.OCSF` |
  | `"bmp:insight"` | `{:bmp_insight, station, line}`, once for everything that is said of what broke; the line is JSON, see `ServiceRadar.BMP.Insight` |
  """

  @registry __MODULE__.Registry
  @topic "bmp:changes"

  @doc false
  def child_spec(_), do: Registry.child_spec(keys: :duplicate, name: @registry)

  @doc "Subscribes the calling process to `topic`."
  @spec subscribe(String.t()) :: :ok
  def subscribe(topic \\ @topic) do
    {:ok, _} = Registry.register(@registry, topic, nil)
    :ok
  end

  @doc "Ends what `subscribe/1` began."
  @spec unsubscribe(String.t()) :: :ok
  def unsubscribe(topic \\ @topic), do: Registry.unregister(@registry, topic)

  @doc "Sends `message` to the subscribers of `topic`, and over `pubsub` where it is not nil."
  @spec broadcast(module | nil, term, String.t()) :: :ok
  def broadcast(pubsub, message, topic \\ @topic) do
    Registry.dispatch(@registry, topic, fn entries -> for {pid, _} <- entries, do: send(pid, message) end)
    publish(pubsub, topic, message)
  end

  if Code.ensure_loaded?(Phoenix.PubSub) do
    defp publish(nil, _topic, _message), do: :ok

    defp publish(pubsub, topic, message) do
      # A page that misses a change reads it at its next one: never a reason to stop the pipeline.
      _ = Phoenix.PubSub.broadcast(pubsub, topic, message)
      :ok
    end
  else
    defp publish(_pubsub, _topic, _message), do: :ok
  end
end

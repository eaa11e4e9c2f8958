defmodule ServiceRadar.BMP.Broker do
  @moduledoc """
  What carries batches from sessions to the pipeline, in order for every router.

  A session publishes without waiting and is told later what became of it; it keeps a bounded number of batches
  unacknowledged. A consumer asks for as many deliveries as it can take and acknowledges up to a tag, after the rows
  are committed; what a dead consumer had not acknowledged is delivered again, in order.

  Implementations: `ServiceRadar.BMP.Broker.Local` (in this VM, bounded, no server needed) and, in the full build,
  `ServiceRadar.BMP.Broker.JetStream`.
  """

  alias ServiceRadar.BMP.{Batch, Config, Deltas, Store}

  @typedoc "Names a publication in the answer to it."
  @type ref :: term

  @typedoc "A batch on its way to a consumer. Tags of a partition grow in the order of the batches."
  @type delivery :: %{tag: term, payload: binary, redelivered: boolean}

  @typedoc "What `c:subscribe/3` gives; its first element is the ref in the consumer's messages."
  @type subscription :: {reference, term}

  @doc "Options of `{module, options}` made whole, or an error text."
  @callback validate(options :: keyword) :: {:ok, options :: keyword} | {:error, String.t()}

  @doc "The broker's processes, started before the pipeline and the sessions."
  @callback child_spec(Config.t()) :: Supervisor.child_spec()

  @doc "Whether any station of this broker can take what is published here, or only this one."
  @callback shared?() :: boolean

  @doc """
  Takes a batch. The calling process gets `{:bmp_broker, :acked, ref}` once the broker holds it, or
  `{:bmp_broker, {:failed, reason}, ref}` when it does not and will not. Batches of one caller are kept in order.
  """
  @callback publish(Config.t(), Batch.t(), ref) :: :ok

  @doc """
  Makes the calling process the consumer of a partition (one at a time; the last wins). Deliveries come as
  `{:bmp_deliveries, subscription_ref, [delivery]}`, as many as asked for by `c:demand/2`, beginning at the first that is not
  acknowledged. The token is that of the store's owner.
  """
  @callback subscribe(Config.t(), partition :: non_neg_integer, Store.token()) :: {:ok, subscription} | {:error, term}

  @doc "Asks for up to `count` deliveries more."
  @callback demand(subscription, count :: pos_integer) :: :ok

  @doc "Everything up to and with `tag` is committed and never wanted again."
  @callback ack(subscription, tag :: term) :: :ok

  @doc "How many batches of a partition are not acknowledged; asked when the station stops, to drain it."
  @callback pending(Config.t(), partition :: non_neg_integer) :: non_neg_integer

  @doc "Whether the consumer of a partition has acknowledged all that there is now. Asked once a second; answered at once."
  @callback caught_up?(Config.t(), partition :: non_neg_integer) :: boolean

  @doc """
  Has a session closed on the station that has it, so that its router connects again and sends everything. `session_id` is
  hexadecimal, `reason` is for the session's end event.
  """
  @callback reset(Config.t(), session_id :: String.t(), collector :: String.t(), reason :: String.t()) ::
              :ok | {:error, term}

  @doc "Keeps a payload that cannot be read, with the reason, for somebody to look at."
  @callback dead_letter(Config.t(), partition :: non_neg_integer, payload :: binary, reason :: String.t()) ::
              :ok | {:error, term}

  @doc "Tells others, outside the station, what changed; called after the commit, by the partition's owner."
  @callback tell(Config.t(), Deltas.t()) :: :ok

  @doc "Publishes OCSF events, JSON objects; what it does where it is not configured to is nothing."
  @callback tell_ocsf(Config.t(), [String.t()]) :: :ok

  @optional_callbacks tell: 2,
                      tell_ocsf: 2,
                      subscribe: 3,
                      demand: 2,
                      ack: 2,
                      pending: 2,
                      caught_up?: 2,
                      reset: 4,
                      dead_letter: 4
end

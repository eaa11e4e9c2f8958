if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Stream do
    @moduledoc false
    # The stream that batches are in. Error texts are for the operator; other errors pass by themselves.
    require Logger

    alias ServiceRadar.BMP.Config
    alias ServiceRadar.BMP.Broker.JetStream
    alias ServiceRadar.BMP.Broker.JetStream.API

    @not_found 10_059
    @overlap 10_065
    @ms 1_000_000

    @type t :: %{
            created: String.t(),
            retention: String.t(),
            last_seq: non_neg_integer,
            room: room
          }

    @typedoc """
    How many bytes may be published, and how many of them for one partition; the messages that each subject holds, and how
    many bytes a message of the stream has. A stream that makes room by itself has it without end.
    """
    @type room ::
            :infinity
            | %{
                left: non_neg_integer,
                share: non_neg_integer,
                held: %{String.t() => non_neg_integer},
                mean: non_neg_integer
              }

    @doc "Finds the stream, or creates it."
    @spec ensure(Gnat.t(), Config.t(), keyword) :: {:ok, t} | {:error, String.t() | API.error()}
    def ensure(gnat, config, options) do
      wildcard = wildcard(options)

      case info(gnat, options) do
        {:ok, info} -> check(info, config, options)
        {:error, {:api, @not_found, _}} -> create(gnat, config, options, wildcard)
        {:error, {:api, _, description}} -> {:error, "stream #{options[:stream]}: #{description}"}
        {:error, reason} -> {:error, reason}
      end
    end

    @doc "The stream's room now."
    @spec room(Gnat.t(), Config.t(), keyword) :: {:ok, room} | {:error, API.error()}
    def room(gnat, config, options) do
      with {:ok, info} <- info(gnat, options), do: {:ok, room_of(info, config)}
    end

    defp info(gnat, options),
      do: API.request(gnat, options, "STREAM.INFO.#{options[:stream]}", %{subjects_filter: wildcard(options)})

    defp wildcard(options), do: options[:subject_prefix] <> ".*"

    # A quarter stays free for what others publish at the same time. The rest is divided evenly: a partition whose
    # pipeline stands still fills its own share, and no other's.
    defp room_of(%{"config" => %{"discard" => "new", "max_bytes" => most}, "state" => state}, config) when most > 0 do
      usable = div(most * 3, 4)

      %{
        left: max(usable - state["bytes"], 0),
        share: div(usable, config.partitions),
        held: state["subjects"] || %{},
        mean: div(state["bytes"], max(state["messages"], 1))
      }
    end

    defp room_of(_info, _config), do: :infinity

    defp create(gnat, config, options, wildcard) do
      stream = %{
        name: options[:stream],
        description: "BMP batches of ServiceRadar, #{config.partitions} partitions",
        subjects: [wildcard],
        storage: "file",
        retention: "workqueue",
        discard: "new",
        max_bytes: options[:max_bytes],
        max_age: options[:max_age] * @ms,
        duplicate_window: options[:duplicate_window] * @ms,
        num_replicas: options[:replicas],
        max_consumers: -1,
        max_msgs: -1
      }

      case API.request(gnat, options, "STREAM.CREATE.#{options[:stream]}", stream) do
        {:ok, info} -> check(info, config, options)
        {:error, {:api, @overlap, _}} -> overlap(gnat, config, options, wildcard)
        {:error, {:api, _, description}} -> {:error, "stream #{options[:stream]} cannot be created: #{description}"}
        {:error, reason} -> {:error, reason}
      end
    end

    # Another station may have made it a moment ago.
    defp overlap(gnat, config, options, wildcard) do
      case info(gnat, options) do
        {:ok, info} -> check(info, config, options)
        {:error, _not_ours} -> {:error, owned(gnat, options, wildcard)}
      end
    end

    defp owned(gnat, options, wildcard) do
      owner =
        case API.request(gnat, options, "STREAM.NAMES", %{subject: wildcard}) do
          {:ok, %{"streams" => [name | _]}} -> "the stream #{name}"
          _ -> "another stream"
        end

      "stream #{options[:stream]} cannot be created: #{owner} already has #{wildcard}. Set :subject_prefix to " <>
        "subjects of its own, or :stream to the stream that has them"
    end

    defp check(%{"config" => stream, "state" => state} = info, config, options) do
      subject = JetStream.subject(options, config.partitions - 1)

      cond do
        not Enum.any?(stream["subjects"] || [], &covers?(&1, subject)) ->
          {:error, "stream #{options[:stream]} exists, but its subjects do not cover #{subject}"}

        stream["no_ack"] == true ->
          {:error, "stream #{options[:stream]} does not acknowledge (no_ack)"}

        true ->
          orphans(state["subjects"] || %{}, stream["retention"], config, options)

          {:ok,
           %{
             created: info["created"],
             retention: stream["retention"],
             last_seq: state["last_seq"],
             room: room_of(info, config)
           }}
      end
    end

    # In a work queue whatever is there is still wanted. Nobody would ever take these.
    defp orphans(subjects, "workqueue", config, options) do
      known = for partition <- 0..(config.partitions - 1), do: JetStream.subject(options, partition)

      case Map.drop(subjects, known) do
        none when none == %{} ->
          :ok

        orphans ->
          Logger.error(
            "stream #{options[:stream]} has batches of partitions that this station has not " <>
              "(:partitions is #{config.partitions}): #{inspect(orphans)}. Nobody takes them until a station has as many " <>
              "partitions as the one that wrote them"
          )
      end
    end

    defp orphans(_subjects, _retention, _config, _options), do: :ok

    @doc """
    Whether a subject with wildcards covers one without.

        iex> ServiceRadar.BMP.Broker.JetStream.Stream.covers?("events.>", "events.bgp.raw.0")
        true
        iex> ServiceRadar.BMP.Broker.JetStream.Stream.covers?("events.*", "events.bgp.raw.0")
        false
    """
    def covers?(wildcard, subject), do: tokens(String.split(wildcard, "."), String.split(subject, "."))

    defp tokens([">"], [_ | _]), do: true
    defp tokens(["*" | wildcard], [_ | subject]), do: tokens(wildcard, subject)
    defp tokens([same | wildcard], [same | subject]), do: tokens(wildcard, subject)
    defp tokens([], []), do: true
    defp tokens(_, _), do: false
  end
end

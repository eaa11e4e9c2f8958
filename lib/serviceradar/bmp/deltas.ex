defmodule ServiceRadar.BMP.Deltas do
  @moduledoc """
  What a batch changed. The changes stay in native memory; here are their counts and the forms that others take them in.
  """
  alias ServiceRadar.BMP.Native

  @enforce_keys [:ref, :counts, :id]
  defstruct [:ref, :counts, :id]

  @typedoc """
  * `:changes` - routes announced, changed or withdrawn
  * `:ends` - endings of a peer's or router's routes as a whole
  * `:events` - what happened to sessions and peers
  * `:statistics` - counters of Statistics Reports
  * `:dead_letters` - what could not be decoded
  * `:routes` - routes that the batch spoke of, changed or not; `:unchanged` of them
  * `:older` - events that were applied before: redelivered
  * `:superseded` - events of sessions that do not feed their router's table
  * `:gaps` - how often something of a session never came
  * `:over_limit` - announcements refused for the table's limit
  * `:mirrored`, `:raw_statistics`, `:unread_peer_downs` - mirrored messages, counters of unknown length, and data of
    unknown Peer Down reasons: they are in the stream and in no row
  * `:unsplit` - groups of NLRI of families whose NLRI cannot be told apart: they are dead letters and no routes
  * `:add_path_inferred` - RIBs whose messages do not read as path identifiers were negotiated, and are read the other way
    from now on; `:add_path_taken_back` - those of which that was taken back
  * `:resets` - sessions that have to begin anew, see `resets/1`
  * `:empty` - there is nothing for a store to write
  * `:quiet` - there is nothing to tell anybody: at most it is written how far sessions were heard
  * `:heard` - the session that the batch is of, and when it was received, in microseconds; nil where it told nothing new
  * `:more` - `expire/2` stopped at its limit
  """
  @type counts :: %{
          changes: non_neg_integer,
          ends: non_neg_integer,
          events: non_neg_integer,
          statistics: non_neg_integer,
          dead_letters: non_neg_integer,
          routes: non_neg_integer,
          unchanged: non_neg_integer,
          older: non_neg_integer,
          over_limit: non_neg_integer,
          superseded: non_neg_integer,
          gaps: non_neg_integer,
          mirrored: non_neg_integer,
          raw_statistics: non_neg_integer,
          unread_peer_downs: non_neg_integer,
          unsplit: non_neg_integer,
          add_path_inferred: non_neg_integer,
          add_path_taken_back: non_neg_integer,
          resets: non_neg_integer,
          quiet: boolean,
          empty: boolean,
          more: boolean,
          heard: {session_id :: String.t(), us :: integer} | nil
        }
  @typedoc "`:id` tells these changes from all others, also after a restart."
  @type t :: %__MODULE__{ref: reference, counts: counts, id: <<_::128>>}

  @typedoc """
  A small summary for those who watch.

  * `:station` - the station's name
  * `:routers`, `:peers` - rows that changed, as `ServiceRadar.BMP.routers/1` and `peers/1` give them
  * `:events` - what happened to sessions and peers
  * `:statistics` - counters of Statistics Reports, each with `:peer_id`, `:type`, `:afi`, `:safi` and `:value`
  * `:routes` - the first 100 route changes, each with `:change` `:announce`, `:change` or `:withdraw`
  * `:counts` - of all changes
  """
  @type changes :: %{
          station: atom,
          routers: [map],
          peers: [map],
          events: [map],
          statistics: [map],
          routes: [map],
          counts: counts
        }

  @doc false
  def new(ref, counts), do: %__MODULE__{ref: ref, counts: counts, id: :crypto.strong_rand_bytes(16)}

  @doc """
  OCSF 1.7.0 Network Activity events (class 4001), each a JSON object. From `group_from` routes on those of which the same is told
  are one event, with `samples` of them.
  """
  @spec ocsf(t, group_from :: pos_integer, samples :: non_neg_integer) :: [String.t()]
  def ocsf(%__MODULE__{ref: ref}, group_from \\ 20, samples \\ 10), do: Native.deltas_ocsf(ref, group_from, samples)

  @doc """
  What ServiceRadar's event writer reads: each with its `:kind` (`peer_up`, `peer_down`, `route_update`, `route_withdraw`,
  `stats`), its `:id`, which is made of what it says, and itself as `:json`.
  """
  @spec semantic(t) :: [%{kind: String.t(), id: String.t(), json: String.t()}]
  def semantic(%__MODULE__{ref: ref}), do: Native.deltas_semantic(ref)

  @doc """
  Sessions that have to begin anew because something of theirs was missed: each with its `:session_id` (hexadecimal), the
  `:collector` that has it, and the `:reason` in words.
  """
  @spec resets(t) :: [%{session_id: String.t(), collector: String.t(), reason: String.t()}]
  def resets(%__MODULE__{ref: ref}), do: Native.deltas_resets(ref)

  @doc """
  What could not be decoded, with the octets as `:raw`; otherwise as `ServiceRadar.BMP.dead_letters/2` gives it.
  """
  @spec dead_letters(t) :: [map]
  def dead_letters(%__MODULE__{ref: ref}), do: Native.deltas_dead_letters(ref)

  @doc "The summary, for at most `limit` routes."
  @spec changes(t, atom, non_neg_integer) :: changes
  def changes(%__MODULE__{ref: ref, counts: counts}, station, limit \\ 100) do
    ref |> Native.deltas_summary(limit) |> Map.merge(%{station: station, counts: counts})
  end

  defimpl Inspect do
    def inspect(deltas, _opts), do: "#ServiceRadar.BMP.Deltas<#{Kernel.inspect(deltas.counts)}>"
  end
end

if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Cursor do
    @moduledoc false
    # Where a page of answers ended, as text that whoever asked hands back for the next page. It comes from outside: only
    # binaries and numbers are taken from it, and as many as were written.

    @doc "A cursor with the values that say where a page ended."
    @spec write([binary | integer]) :: String.t()
    def write(values), do: values |> :erlang.term_to_binary() |> Base.url_encode64(padding: false)

    @doc "The values of a cursor that has so many; nothing of none."
    @spec read(String.t() | nil, pos_integer) :: {:ok, [binary | integer] | nil} | {:error, String.t()}
    def read(nil, _length), do: {:ok, nil}

    def read(text, length) do
      with true <- is_binary(text),
           {:ok, binary} <- Base.url_decode64(text, padding: false),
           values when is_list(values) and length(values) == length <- :erlang.binary_to_term(binary, [:safe]),
           true <- Enum.all?(values, &(is_binary(&1) or is_integer(&1))) do
        {:ok, values}
      else
        _ -> {:error, "not a cursor of this store"}
      end
    rescue
      ArgumentError -> {:error, "not a cursor of this store"}
    end
  end
end

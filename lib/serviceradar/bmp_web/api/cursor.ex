defmodule ServiceRadar.BMPWeb.API.Cursor do
  @moduledoc """
  A store's cursor as text for a URL. It is any term of the store, so it carries a signature: nobody but this server may
  write one. It is good for the endpoint that gave it only.

      iex> text = ServiceRadar.BMPWeb.API.Cursor.write({1, "10.0.0.0/8"}, "secret", "routes")
      iex> ServiceRadar.BMPWeb.API.Cursor.read(text, "secret", "routes")
      {:ok, {1, "10.0.0.0/8"}}
      iex> ServiceRadar.BMPWeb.API.Cursor.read(text, "secret", "events")
      :error
  """

  @spec write(term, secret :: binary, endpoint :: String.t()) :: String.t()
  def write(cursor, secret, endpoint) do
    octets = :erlang.term_to_binary(cursor)
    Base.url_encode64(sign(octets, secret, endpoint) <> octets, padding: false)
  end

  @spec read(String.t(), secret :: binary, endpoint :: String.t()) :: {:ok, term} | :error
  def read(text, secret, endpoint) do
    with {:ok, <<signature::binary-16, octets::binary>>} <- Base.url_decode64(text, padding: false),
         true <- same?(signature, sign(octets, secret, endpoint)) do
      {:ok, :erlang.binary_to_term(octets, [:safe])}
    else
      _ -> :error
    end
  end

  defp sign(octets, secret, endpoint),
    do: :hmac |> :crypto.mac(:sha256, secret, [endpoint, 0, octets]) |> binary_part(0, 16)

  # As long for a wrong first octet as for a wrong last one.
  defp same?(one, other), do: :crypto.exor(one, other) == <<0::128>>
end

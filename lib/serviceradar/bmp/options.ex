defmodule ServiceRadar.BMP.Options do
  @moduledoc false
  # How brokers, pipelines and stores check the options that they are configured with.

  @doc "The options with the defaults of those that are not given; an error where one is not known."
  @spec known(keyword, keyword) :: {:ok, keyword} | {:error, String.t()}
  def known(options, defaults) do
    with {:error, unknown} <- Keyword.validate(options, defaults) do
      {:error, "unknown #{inspect(unknown)}; known are #{defaults |> Keyword.keys() |> inspect(limit: :infinity)}"}
    end
  end

  @doc "The same where every option is an integer above 0."
  @spec positive(keyword, keyword) :: {:ok, keyword} | {:error, String.t()}
  def positive(options, defaults) do
    with {:ok, options} <- known(options, defaults) do
      case Enum.find(options, fn {_key, value} -> not (is_integer(value) and value > 0) end) do
        nil -> {:ok, options}
        {key, value} -> {:error, "#{inspect(key)} is an integer above 0, not #{inspect(value)}"}
      end
    end
  end
end

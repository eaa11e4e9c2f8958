defmodule ServiceRadar.BMP.AsPathExpression do
  @moduledoc false
  # A regular expression over an AS path, as routers take it. The tables in memory and Postgres read it with engines of their own, so
  # only what means the same to both is let through.

  @what "a regular expression over the AS path: digits, spaces, _ where a number ends, and . ^ $ | ( ) [ ] * + ? {n,m}"

  # What stands between numbers, with the brackets of sets and confederations.
  @boundary "(^|[\\]\\[ ,{}()]|$)"

  @doc "The expression with `_` written out."
  @spec parse(term) :: {:ok, String.t()} | {:error, what_it_is :: String.t()}
  def parse(text) do
    if is_binary(text) and byte_size(text) <= 200 and portable?(text) and match?({:ok, _}, Regex.compile(text)),
      do: {:ok, String.replace(text, "_", @boundary)},
      else: {:error, @what}
  end

  @doc """
  AS numbers that every path has in which the expression, as `parse/1` gave it, finds something. Not all of them: those that stand
  by themselves in an expression without alternatives.

      iex> {:ok, expression} = ServiceRadar.BMP.AsPathExpression.parse("^3356_.*_64500$")
      iex> ServiceRadar.BMP.AsPathExpression.numbers(expression)
      [3356, 64500]
  """
  @spec numbers(String.t()) :: [non_neg_integer]
  def numbers(expression) do
    text = String.replace(expression, @boundary, "_")

    # What ends a number may be left out where it may be repeated, and a part in brackets may be left out as a whole.
    if text =~ ~r/[|()\[\]{}]|[_ ^$][*+?]/,
      do: [],
      else: for([number] <- Regex.scan(~r/(?<=[_ ^])[1-9]\d{0,9}(?=[_ $])/, text), do: String.to_integer(number))
  end

  # Without its classes: in them an engine may read doubled characters as operators of sets.
  defp portable?(text) do
    rest = String.replace(text, ~r/\[\^?[0-9 ,-]+\]/, "0")
    rest = String.replace(rest, ~r/(?<=[^*+?{(|^])\{\d{1,2}(,\d{0,2})?\}/, "+")
    not (text =~ "--") and rest =~ ~r/\A[0-9 _.,^$|()*+?]+\z/ and not (rest =~ ~r/(\A|[(|^*+?])[*+?]/)
  end
end

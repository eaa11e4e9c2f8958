defmodule ServiceRadar.BMP.AsPathExpressionTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.AsPathExpression

  defp found?(text, path) do
    {:ok, expression} = AsPathExpression.parse(text)
    Regex.match?(Regex.compile!(expression), path)
  end

  test "_ is where a number ends" do
    for path <- ["174", "3356 174", "174 3356", "1 174 2", "{1,174} 3", "(174) 3", "[1 174]"],
        do: assert(found?("_174_", path), path)

    for path <- ["", "1174", "1740 2", "{1741}"], do: refute(found?("_174_", path), path)
    assert found?("^3356_174_64500$", "3356 174 64500")
    assert found?("^$", "") and not found?("^$", "1")
    assert found?("^(3356|174)( [0-9]+){2}$", "174 1 2") and not found?("^(3356|174)( [0-9]+){2}$", "174 1")
  end

  # Engines differ in these, or their answer would be an error of the store.
  test "what does not mean the same to every engine is refused" do
    for text <-
          [
            "(",
            "[",
            "[[0-9]]",
            "[0--9]",
            "[_]",
            "1{",
            "{2}",
            "1{1000}",
            "1**",
            "1*?",
            "*1",
            "(?i)1",
            "(?=1)",
            "\\d",
            "a",
            "1{2}{2}"
          ] ++
            [String.duplicate("1", 201), nil, 174] do
      assert {:error, "a regular expression over the AS path" <> _} = AsPathExpression.parse(text), inspect(text)
    end
  end
end

defmodule ServiceRadar.BMP.AsPathExpressionTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.AsPathExpression

  doctest AsPathExpression

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

  test "numbers that whatever is found has, and none that may be left out" do
    for {text, numbers} <- [
          {"_174_", [174]},
          {"^3356 174", [3356]},
          {"3356_174_64500", [174]},
          {"^3356_174_64500$", [3356, 174, 64_500]},
          {"174", []},
          {"_17.4_", []},
          {"_1740*_", []},
          {"_174 ?3356_", []},
          {"_174_*3356_", []},
          {"_(174|3356)_", []},
          {"_174_|_3356_", []},
          {"_174{2}_", []},
          {"_[0-9 174 ]_", []},
          {"_0174_", []},
          {"^$", []}
        ] do
      {:ok, expression} = AsPathExpression.parse(text)
      assert {text, AsPathExpression.numbers(expression)} == {text, numbers}
    end
  end

  test "numbers are never more than a path has that the expression finds something in" do
    :rand.seed(:exsss, 7)
    pick = &Enum.random/1
    pieces = ~w/1 2 12 21 _ ^ $ . .* ? * + | 1? [12] (1 _2) {2}/ ++ [" "]

    for _ <- 1..20_000 do
      text = Enum.map_join(1..pick.(1..6), fn _ -> pick.(pieces) end)

      with {:ok, expression} <- AsPathExpression.parse(text) do
        path = Enum.map(1..pick.(1..4), fn _ -> pick.([1, 2, 12, 21, 11, 22]) end)

        if Regex.match?(Regex.compile!(expression), Enum.join(path, " ")),
          do: assert(AsPathExpression.numbers(expression) -- path == [], "#{text} in #{inspect(path)}")
      end
    end
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

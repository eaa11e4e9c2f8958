defmodule ServiceRadar.BMP.Test.Schema do
  @moduledoc "Holds a JSON value against a JSON schema, in so far as the OpenAPI description uses the language."

  @doc "What is wrong with it, each with the path to the value."
  def faults(value, schema, description, path \\ "")

  def faults(value, %{"$ref" => "#/" <> reference}, description, path),
    do: faults(value, get_in(description, String.split(reference, "/")), description, path)

  def faults(value, schema, description, path) do
    type(value, schema, path) ++ enum(value, schema, path) ++ inside(value, schema, description, path)
  end

  defp type(value, %{"type" => types}, path) do
    if Enum.any?(List.wrap(types), &is?(value, &1)),
      do: [],
      else: ["#{path}: #{inspect(value)} is no #{inspect(types)}"]
  end

  defp type(_value, _schema, _path), do: []

  defp is?(value, "object"), do: is_map(value)
  defp is?(value, "array"), do: is_list(value)
  defp is?(value, "string"), do: is_binary(value)
  defp is?(value, "integer"), do: is_integer(value)
  defp is?(value, "number"), do: is_number(value)
  defp is?(value, "boolean"), do: is_boolean(value)
  defp is?(value, "null"), do: is_nil(value)

  defp enum(value, %{"enum" => values}, path),
    do: if(value in values, do: [], else: ["#{path}: #{inspect(value)} is none of #{inspect(values)}"])

  defp enum(_value, _schema, _path), do: []

  defp inside(map, %{"properties" => properties} = schema, description, path) when is_map(map) do
    missing = for name <- schema["required"] || [], not Map.has_key?(map, name), do: "#{path}/#{name} is missing"

    missing ++
      Enum.flat_map(map, fn {name, value} ->
        case {properties[name], schema["additionalProperties"]} do
          {nil, false} -> ["#{path}/#{name} is not described"]
          {nil, _} -> []
          {property, _} -> faults(value, property, description, "#{path}/#{name}")
        end
      end)
  end

  defp inside(list, %{"items" => items}, description, path) when is_list(list) do
    list
    |> Enum.with_index()
    |> Enum.flat_map(fn {item, index} -> faults(item, items, description, "#{path}/#{index}") end)
  end

  defp inside(_value, _schema, _description, _path), do: []
end

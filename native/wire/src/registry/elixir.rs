//! The tables as a module of Elixir.

use std::fmt::Write;

use super::attributes::Place;
use super::{attributes, capabilities, families, statistics};

const HEAD: &str = r#"defmodule ServiceRadar.BMP.Registry do
  @moduledoc """
  Code points as IANA assigned them, and what this project calls them.

  Written from the tables in `native/wire/src/registry`: change those, and then

      cargo run --manifest-path native/Cargo.toml -p wire --example registry
  """

"#;

const TAIL: &str = r#"
  @doc "Path attributes that have a reading, as `{code, name, place}`; `:field` is one of its own, by the name."
  def attributes, do: @attributes

  @doc """
  Fields that attributes have by their line in the table alone.

      iex> :only_to_customer in ServiceRadar.BMP.Registry.attribute_fields()
      true
  """
  def attribute_fields, do: for({_code, name, :field} <- @attributes, do: String.to_atom(name))

  @doc "Address families whose routes can be told apart, as `{{afi, safi}, name, label, struct}`."
  def families, do: @families

  @doc """
      iex> ServiceRadar.BMP.Registry.family_name({1, 1})
      "ipv4-unicast"
      iex> ServiceRadar.BMP.Registry.family_name({1, 200})
      nil
  """
  def family_name(family), do: find(@families, family, 1)

  @doc """
      iex> ServiceRadar.BMP.Registry.family_label({25, 70})
      "L2VPN EVPN"
  """
  def family_label(family), do: find(@families, family, 2)

  @doc "Names of the structs under `ServiceRadar.BMP.BGP` that hold an NLRI."
  def nlri_structs, do: for({_, _, _, value} <- @families, value != nil, uniq: true, do: value)

  @doc "Capabilities, as `{code, name, label}`."
  def capabilities, do: @capabilities

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_code(:add_path)
      69
  """
  def capability_code(name), do: Enum.find_value(@capabilities, fn {code, known, _} -> known == name && code end)

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_label(69)
      "ADD-PATH"
  """
  def capability_label(code), do: find(@capabilities, code, 2)

  @doc "Statistics of Statistics Reports, as `{type, name, label}`."
  def statistics, do: @statistics

  @doc """
      iex> ServiceRadar.BMP.Registry.statistic_label(4)
      "Updates invalidated: AS_PATH loop"
  """
  def statistic_label(type), do: find(@statistics, type, 2)

  defp find(table, key, column) do
    case List.keyfind(table, key, 0) do
      nil -> nil
      row -> elem(row, column)
    end
  end
end
"#;

/// `lib/serviceradar/bmp/registry.ex`, as `mix format` leaves it.
pub fn elixir() -> String {
    let mut out = HEAD.to_string();
    let rows = attributes::ALL.iter().map(|one| {
        let place = match one.place {
            Place::Own => "own",
            Place::Field => "field",
            Place::Groups => "groups",
            Place::Other => "other",
        };
        format!("{{{}, \"{}\", :{place}}}", one.code, one.name)
    });
    list(&mut out, "attributes", rows);
    out.push('\n');
    let rows = families::ALL.iter().map(|one| {
        let value = if one.value.is_empty() { "nil".into() } else { format!(":{}", one.value) };
        let (afi, safi) = (number(one.family.afi), one.family.safi);
        format!("{{{{{afi}, {safi}}}, \"{}\", \"{}\", {value}}}", one.name, one.label)
    });
    list(&mut out, "families", rows);
    out.push('\n');
    let rows =
        capabilities::ALL.iter().map(|one| format!("{{{}, :{}, \"{}\"}}", one.code, one.name, one.label));
    list(&mut out, "capabilities", rows);
    out.push('\n');
    let rows = statistics::ALL
        .iter()
        .map(|one| format!("{{{}, \"{}\", \"{}\"}}", number(one.number), one.name, one.label));
    list(&mut out, "statistics", rows);
    out.push_str(TAIL);
    out
}

fn list(out: &mut String, name: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.map(|row| format!("    {row}")).collect();
    // Text takes whatever is written.
    let _ = writeln!(out, "  @{name} [\n{}\n  ]", rows.join(",\n"));
}

/// With an underscore, as Elixir's style has it from five digits on.
fn number(number: u16) -> String {
    if number < 10_000 {
        number.to_string()
    } else {
        format!("{}_{:03}", number / 1000, number % 1000)
    }
}

import ServiceRadar.BMP.Test.Needs

needs [:lab, :gobgp] do
  defmodule ServiceRadar.BMP.InsightShiftLabTest do
    @moduledoc """
    Two live routers with OSPF over a primary and a backup link, which redistribute it into BGP (test/support/lab/ospf.sh), and what a
    station says when the primary link is cut. A third router, GoBGP, tells it; no BGP session runs over the link.
    """
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.Test.InsightLab

    alias ServiceRadar.BMP.Test.{InsightLab, Lab}

    @moduletag :lab

    @moduletag capture_log: true
    @moduletag timeout: 3_600_000

    @station __MODULE__.Station
    # tonka01 as farm01 reaches it by the two links.
    @primary "10.21.12.2"
    @backup "10.21.22.2"

    setup do
      lab = Lab.start!(40, ospf: true)
      on_exit(fn -> Lab.stop(lab) end)

      configuration = """
      {"sites": {"farm01": ["10.255.6.2", "10.21.12.1", "10.21.22.1", "10.255.0.11"],
                 "tonka01": ["10.255.7.2", "#{@primary}", "#{@backup}", "10.255.0.12"]},
       "sessions": [{"router": "farm01", "peer": "#{@primary}", "interface": {"device": "farm01", "name": "primary"}},
                    {"router": "farm01", "peer": "#{@backup}", "interface": {"device": "farm01", "name": "backup"}}],
       "ospf": {"communities": ["65000:110"], "med_is_metric": true},
       "flapping": {"downs": 1000},
       "rules": {"router_clock": {"enabled": false}}}
      """

      InsightLab.start!(lab, @station, configuration, "lab-ospf-link-cut", :watch)
      said([~s("kind":"link_added"), ~s("protocol":"ospf")])
      %{lab: lab}
    end

    # What shifts, with both next hops.
    defp shift(from, to),
      do: [~s("kind":"path_shift"), ~s("from":"#{from}"), ~s("to":"#{to}"), "10.50.2.0/24"]

    defp link(lab, state) do
      {_, 0} = System.cmd("ip", ["-n", lab.facts["FARM01_NS"], "link", "set", "primary", state])
      status = ~s({"device": "farm01", "name": "primary", "admin_status": "up", "oper_status": "#{state}"})
      interface(status)
    end

    test "the primary link is cut: what goes by it goes by the backup, and why is said", %{lab: lab} do
      verdict = [~s("cause":"link_failure"), ~s("subject":"farm01 interface primary"), "10.50.2.0/24"]
      {:ok, backup} = :inet.parse_address(to_charlist(@backup))
      # The router's message is the one that has the other next hop.
      telling = &String.contains?(&1, backup |> Tuple.to_list() |> :binary.list_to_bin())

      times =
        for _ <- 1..runs() do
          time = measure(fn -> link(lab, "down") end, [shift(@primary, @backup), verdict], telling)
          link(lab, "up")
          said(shift(@backup, @primary))
          time
        end

      report("a link of OSPF cut, the prefixes shift", times)
    end
  end
end

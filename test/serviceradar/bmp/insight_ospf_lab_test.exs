import ServiceRadar.BMP.Test.Needs

needs [:lab] do
  defmodule ServiceRadar.BMP.InsightOSPFLabTest do
    @moduledoc """
    Two live routers with OSPF over a primary and a backup link, which redistribute it into BGP (test/support/lab/ospf.sh), and what
    a station concludes of the third router's BMP.
    """
    use ExUnit.Case, async: false

    import ServiceRadar.BMP.Test.InsightLab, only: [said: 1]
    import ServiceRadar.BMP.TestRouter, only: [eventually: 2]

    alias ServiceRadar.BMP.Insight
    alias ServiceRadar.BMP.Test.{InsightLab, JSON, Lab}

    @moduletag :lab

    @moduletag capture_log: true
    @moduletag timeout: 3_600_000

    @station __MODULE__.Station

    setup do
      lab = Lab.start!(40, ospf: true)
      on_exit(fn -> Lab.stop(lab) end)

      configuration = """
      {"sites": {"edge": "#{lab.facts["EDGE"]}",
                 "farm01": ["#{lab.facts["FARM01_PEER"]}", "10.21.12.1", "10.21.22.1", "10.255.0.11"],
                 "tonka01": ["#{lab.facts["TONKA01_PEER"]}", "10.21.12.2", "10.21.22.2", "10.255.0.12"]},
       "ospf": {"communities": ["65000:110"], "med_is_metric": true},
       "rules": {"router_clock": {"enabled": false}}}
      """

      InsightLab.start!(lab, @station, configuration, "lab-ospf-redistributed")
    end

    # The routes that use the link between the two, with OSPF's metric.
    defp routes do
      for line <- Insight.topology(@station),
          %{"prefix" => prefix} = row when prefix != nil <- [JSON.decode!(line)],
          into: %{},
          do: {{Enum.sort([row["source"], row["target"]]), prefix}, row["metric"]}
    end

    test "the link is concluded from redistributed routes, with OSPF's metric" do
      event = JSON.decode!(said([~s("kind":"link_added"), ~s("protocol":"ospf")]))
      assert Enum.sort([event["source"], event["target"]]) == ["farm01", "tonka01"]
      assert event["evidence"] != "" and event["confidence"] > 0.5

      link = ["farm01", "tonka01"]
      loopback = {link, "10.255.0.12/32"}
      eventually(fn -> match?(%{^loopback => 10}, routes()) end, "the route to the loopback has OSPF's metric")
      for subnet <- ["10.21.12.0/30", "10.21.22.0/30"], do: assert(Map.has_key?(routes(), {link, subnet}))
    end
  end
end

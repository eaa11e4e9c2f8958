defmodule ServiceRadar.BMP.ConfigTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.Config

  doctest ServiceRadar.BMP.Config
  doctest ServiceRadar.BMP.Prefix
  doctest ServiceRadar.BMP.Query
  doctest ServiceRadar.BMP.Batch
  doctest ServiceRadar.BMP.UUID

  test "what is wrong is said with the option and the value" do
    for {options, text} <- [
          {[ip: "nowhere"], ~s(option :ip is an address or :any, not "nowhere")},
          {[allow: ["10.0.0.0/33"]], ~s(option :allow is a list of addresses and prefixes, or :any, not "10.0.0.0/33")},
          {[session: [window: 0]], "option :session, :window is an integer above 0, not 0"},
          {[session: [windw: 1]], "unknown option :session, :windw; known are"},
          {[table: [hold_time: -1]], "option :table, :hold_time is seconds, 0 or more, not -1"},
          {[store: NoSuchStore], "option :store: NoSuchStore is not there; is its package among the dependencies?"},
          {[roles: []], "option :roles is a list of some of [:receive, :pipeline, :view], not []"},
          {[roles: [:listen]], "option :roles is a list of some of [:receive, :pipeline, :view], not [:listen]"},
          {[roles: [:receive]], "needs a :broker that stations share, and ServiceRadar.BMP.Broker.Local is none"},
          {[roles: [:view]], "needs a :store that stations share, and ServiceRadar.BMP.Store.Memory is none"},
          {[partitions: :many], "option :partitions is an integer above 0, not :many"}
        ] do
      assert {:error, message} = Config.new(options)
      assert message =~ text
    end
  end

  test "limits that are not given keep their defaults" do
    config = Config.new!(session: [window: 3])
    assert config.session.window == 3
    assert config.session.stall_timeout == 60_000
    assert {ServiceRadar.BMP.Broker.Local, broker} = config.broker
    assert Enum.sort(broker) == [max_bytes: 67_108_864, queue_bytes: 268_435_456]
  end
end

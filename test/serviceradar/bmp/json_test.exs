data = System.get_env("SERVICERADAR_BMP_DATA") || Path.expand("../../../../shared/data", __DIR__)
manifest = Path.expand("../../../native/Cargo.toml", __DIR__)

build = fn ->
  arguments = ~w(build --quiet --locked -p bmp-collector -p fuzz --manifest-path) ++ [manifest]
  match?({_, 0}, System.cmd("cargo", arguments, stderr_to_stdout: true))
end

# Whole captures, and each of ExaBGP's messages (nearly every family) in a Route Monitoring of its own.
captures =
  for pattern <- ~w(streams/*.bmp frr/*.bmp gobgp/*.bmp load/churn-2010*.bmp.gz load/nlri*.bmp.gz),
      path <- Path.wildcard(Path.join(data, pattern)),
      do: path

cond do
  System.find_executable("cargo") == nil ->
    ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, "cargo is not in PATH")

  not build.() ->
    ServiceRadar.BMP.Test.LeftOut.file(__ENV__.file, "bmp-collector and fuzz do not build here")

  true ->
    defmodule ServiceRadar.BMP.JSONTest do
      @moduledoc "All that the JSON of `bmp-collector decode` says is in the terms of `ServiceRadar.BMP.decode/1`, field by field."
      use ExUnit.Case, async: true

      alias ServiceRadar.BMP
      alias ServiceRadar.BMP.Test.{JSON, SameAsJSON}
      alias ServiceRadar.BMP.Wire

      @moduletag timeout: 300_000
      @programs (System.get_env("CARGO_TARGET_DIR") || Path.expand("../../../native/target", __DIR__)) <> "/debug/"
      @collector @programs <> "bmp-collector"
      @captures captures
      @vectors Path.wildcard(Path.join(data, "bgp/*.jsonl"))

      for path <- [Path.expand("../../../priv/sample/frr-pair.bmp.gz", __DIR__) | @captures] do
        test Path.basename(path) do
          stream = File.read!(unquote(path))
          compare(if(String.ends_with?(unquote(path), ".gz"), do: :zlib.gunzip(stream), else: stream))
        end
      end

      if @captures == [] do
        @tag skip: "no folder of captures: SERVICERADAR_BMP_DATA names it"
        test "captures of real routers, and ExaBGP's messages", do: :ok
      end

      for path <- @vectors do
        test Path.basename(path) do
          messages = for line <- File.stream!(unquote(path)), message = message(JSON.decode!(line)), do: message
          assert length(messages) > 10
          messages |> Enum.map(&Wire.route_monitoring/1) |> IO.iodata_to_binary() |> compare()
        end
      end

      test "ten thousand mutated frames: each is a term, and no term is another than the JSON" do
        path = temporary()
        {_, 0} = System.cmd(@programs <> "fuzz", ["--session", path, "--frames", "10000", "--seed", "4271"])
        stream = File.read!(path)
        File.rm!(path)
        compare(stream)
      end

      test "messages of every kind, whole and with faults" do
        bad = Wire.update(attributes: [Wire.origin(9) | tl(Wire.mandatory())], nlri: ["198.51.100.0/24"])
        twice = Wire.update(attributes: Wire.mandatory() ++ [Wire.origin(1)], nlri: ["198.51.100.0/24"])

        old = [
          Wire.origin(0),
          Wire.attribute(0x40, 2, <<2, 2, 64_500::16, 23_456::16>>),
          Wire.next_hop({203, 0, 113, 1})
        ]

        as4 = Wire.attribute(0xC0, 17, <<2, 1, 4_200_000_000::32>>)
        aggregator = Wire.attribute(0xC0, 7, <<23_456::16, 192, 0, 2, 1>>)
        as4_aggregator = Wire.attribute(0xC0, 18, <<4_200_000_000::32, 192, 0, 2, 1>>)
        two_octets = Wire.update(attributes: old ++ [aggregator, as4, as4_aggregator], nlri: ["198.51.100.0/24"])
        {:ok, capabilities} = Base.decode16("4704000180E07847" <> "490605656467650040060078000101804600")

        stream = [
          Wire.initiation("rtr"),
          Wire.peer_up(capabilities: <<65, 4, 64_500::32, 69, 4, 2::16, 1, 3, 9, 1, 3, 200, 2, 1, 2>>),
          Wire.peer_up(address: {10, 0, 0, 2}, capabilities: capabilities),
          Enum.map([bad, twice | Wire.families()], &Wire.route_monitoring/1),
          Wire.route_monitoring(two_octets, flags: 0x20),
          Wire.route_monitoring(two_octets),
          Wire.bmp(1, [Wire.peer(), <<3::32, 0::16, 4::16, 3::32, 9::16, 11::16, 2::16, 1, 9::64, 99::16, 1::16, 1>>]),
          Wire.bmp(6, [
            Wire.peer(),
            for(message <- [bad, two_octets | Wire.families()], do: Wire.tlv(0, message)),
            Wire.tlv(0, Wire.bgp(4, "")),
            Wire.tlv(0, Wire.bgp(3, <<6, 2, 4, "work">>)),
            Wire.tlv(0, Wire.bgp(5, <<1::16, 0, 1>>)),
            Wire.tlv(0, Wire.bgp(5, <<1::16, 0, 1, 1, 64, 4::16, 0x80, 0, 0, 0>>)),
            Wire.tlv(0, Wire.bgp(77, "new")),
            Wire.tlv(0, "no message"),
            Wire.tlv(1, <<1::16>>),
            Wire.tlv(9, "nine")
          ]),
          Wire.bmp(3, <<1, 2, 3>>),
          Wire.bmp(2, [Wire.peer(), 3, Wire.bgp(3, <<6, 4, 4, "work">>)]),
          Wire.bmp(2, [Wire.peer(), 3, Wire.bgp(3, <<6, 1, 2::16, 1, 1_000::32>>)]),
          Wire.bmp(2, [Wire.peer(), 1, Wire.bgp(3, <<6, 9, 6, 2, 4, "work">>)]),
          Wire.bmp(2, [Wire.peer(), 1, Wire.bgp(3, :binary.copy(<<6, 9>>, 2_000))]),
          Wire.bmp(2, [Wire.peer(), 2, <<24::16>>]),
          Wire.bmp(2, [Wire.peer(type: 3), 6, Wire.tlv(3, "blue")]),
          Wire.bmp(2, [Wire.peer(), 77, "seven"]),
          Wire.bmp(100, "unknown"),
          Wire.termination(1)
        ]

        compare(IO.iodata_to_binary(stream))
      end

      if @vectors != [] do
        # Some of its messages are bodies, and some are not octets.
        defp message(vector) do
          case Base.decode16(vector["hex"] || vector["raw"], case: :mixed) do
            {:ok, <<0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF::128, _::binary>> = message} -> message
            {:ok, body} -> Wire.bgp(2, body)
            :error -> nil
          end
        end
      end

      defp compare(stream) do
        {:ok, messages, ""} = BMP.decode(stream)
        lines = stream |> json() |> String.split("\n", trim: true)
        assert length(lines) == length(messages)

        differences =
          messages
          |> Enum.zip(lines)
          |> Task.async_stream(
            fn {message, line} ->
              <<_::binary-size(message.offset), _, length::32, _::binary>> = stream
              octets = binary_part(stream, message.offset, length)
              message |> SameAsJSON.differences(JSON.decode!(line), octets) |> Enum.map(&{message.offset, &1})
            end,
            ordered: true,
            timeout: :infinity
          )
          |> Enum.flat_map(&elem(&1, 1))

        assert Enum.take(differences, 5) == []
      end

      defp json(stream) do
        path = temporary()
        File.write!(path, stream)
        {json, _status} = System.cmd(@collector, ["decode", path])
        File.rm!(path)
        json
      end

      defp temporary,
        do: Path.join(System.tmp_dir!(), "bmp-json-#{System.unique_integer([:positive])}-#{System.pid()}.bmp")
    end
end

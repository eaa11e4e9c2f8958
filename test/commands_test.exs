defmodule ServiceRadar.BMP.CommandsTest do
  @moduledoc """
  Every command that a page of this project shows, run as it stands there, with small sizes. A command that is new on a
  page fails the first test until it is in the list below.

  The commands build the release profile and start what listens on port 11019, so `bin/test commands` runs them, and
  `mix test` alone only looks whether all are in the list.
  """
  use ExUnit.Case, async: false

  import ServiceRadar.BMP.TestRouter, only: [eventually: 3]

  alias ServiceRadar.BMP.Test.{Folder, Lab, OSProcess}

  @moduletag timeout: 1_800_000

  @root Path.expand("..", __DIR__)
  @pages ~w(README.md CONTRIBUTING.md bench/*.md bench/*.exs guides/**/*.md priv/**/*.md native/**/README.md
            test/support/lab/README.md lib/**/*.ex native/*/{src,tests,examples}/**/*.rs)

  # Each command, and what becomes of it here: the folder it is run in, what is written small, what it must print;
  # or why it is not run.
  @from_the_root @root
  @from_native Path.join(@root, "native")
  @routes [{"--routes 200000", "--routes 2000"}, {"--routes 100000", "--routes 2000"}, {"/tmp/table", "table"}]
  @debug [{"--release ", ""}]
  # The pages say that it comes before.
  @compiled [{"mix help", "mix compile && mix help"}]

  @full if Code.ensure_loaded?(ServiceRadar.BMP.Store.Postgres),
          do: nil,
          else: {:left_out, "the core build has no packages"}

  @commands [
    {"bin/test", :runs_this},
    {"cargo test", :runs_this},
    {"bin/test --help", {@from_the_root, [], "usage: bin/test"}},
    {"bin/station", {:station, "10.255.1.2"}},
    {"mix bmp.station [--port 11019] [--ip ADDRESS] [--allow PREFIX]… [--tee HOST:PORT]… [--sample] [--play FILE] [--ocsf FILE] [--insight FILE] [--web PORT] [--plain]",
     {:station, "10.255.1.2"}},
    {"mix compile", {@from_the_root, [], ""}},
    {"mix help bmp.station", {@from_the_root, @compiled, "--sample"}},
    {"mix help bmp.parity", {@from_the_root, @compiled, "mix bmp.parity TABLE"}},
    {"mix help bmp.decode", {@from_the_root, @compiled, "mix bmp.decode FILE"}},
    {"mix bmp.decode FILE", {@from_the_root, [{"FILE", "priv/sample/frr-pair.bmp.gz"}], "PeerUp"}},
    {"cargo install --locked --path native/collector", {@from_the_root, [], "package `bmp-collector v"}},
    {"cargo run --release --manifest-path native/Cargo.toml -p bmp-collector --",
     {@from_the_root, [{"collector --", "collector -- --help"}], "Usage: bmp-collector"}},
    {"bmp-collector decode capture.pcap | jq 'select(.type == \"peer_down\")'", {:scratch, [], "\"peer_down\""}},
    {"bmp-collector rib dump.bmp.gz | jq -r '[.view, .peer, .prefix, .as_path_text] | @tsv'",
     {:scratch, [], "adj_rib_in_post\t10.255.1.2\t"}},
    {"bmp-collector rib dump.bmp.gz | jq -r '[.peer, .prefix] | @tsv'", {:scratch, [], "10.255.1.2\t"}},
    {"bmp-collector generate --routes 100000 --peers 2 -o table.bmp", {:scratch, @routes, ""}},
    {"bmp-collector generate --routes 1000 --peers 2 -o table.bmp", {:scratch, [], ""}},
    {"bmp-collector run", {:scratch, [{"run", "run --check"}], "the configuration is in order"}},
    {"bmp-collector run --allow 192.0.2.0/24 --nats nats://127.0.0.1:4222",
     {:scratch, [{"run", "run --check"}], "the configuration is in order"}},
    {"bmp-collector parity dump.bmp.gz show-bgp-ipv4.json", {:scratch, [], "missing 0, extra 0, different 0"}},
    {"mix bmp.parity TABLE… --url postgres://bmp@db/bmp [--schema platform]",
     {:left_out, "it reads a station's database; test/mix/parity_url_test.exs runs it"}},
    {"mix bmp.parity TABLE… --node station@host [--cookie COOKIE] [--station NAME]",
     {:left_out, "it reads a running station; test/mix/tasks_test.exs runs it"}},
    {"bmp-collector replay table.bmp 127.0.0.1:11019 --rate 5000", {:scratch_with_station, ""}},
    {"bmp-collector replay table.bmp 127.0.0.1:11019 --rate 500", {:scratch_with_station, ""}},
    {"cargo run --release --manifest-path native/Cargo.toml -p bmp-collector -- generate --routes 200000 --peers 5 -o /tmp/table.bmp",
     {@from_the_root, @routes, ""}},
    {"cargo run --release --manifest-path bench/decoders/Cargo.toml -- /tmp/table.bmp",
     {@from_the_root, @routes, "ours, batches"}},
    {"MIX_ENV=prod SERVICERADAR_BMP_BUILD=core mix run --no-start bench/decode.exs /tmp/table.bmp",
     {@from_the_root, @routes, "both decoders made the same of all of them"}},
    {"MIX_ENV=prod SERVICERADAR_BMP_BUILD=core mix run --no-start bench/decode.exs STREAM [CHUNK] [ROUNDS]",
     {@from_the_root, [{"STREAM [CHUNK] [ROUNDS]", "table.bmp 10000 1"}], "ratio"}},
    {"MIX_ENV=test SERVICERADAR_BMP_BUILD=full mix run --no-start bench/queries.exs /tmp/table.bmp",
     @full || {@from_the_root, @routes, "postgres: "}},
    {"MIX_ENV=test SERVICERADAR_BMP_BUILD=full mix run --no-start bench/queries.exs STREAM [ROUNDS]",
     @full || {@from_the_root, [{"STREAM [ROUNDS]", "table.bmp 1"}], "postgres: "}},
    {"bmp-collector scenario --ocsf FOLDER…",
     {@from_native, [{"bmp-collector", "ls -d insight/scenarios/*/ | head -3 | xargs bmp-collector"}, {" FOLDER…", ""}],
      ~s("class_uid":4001)}},
    {"bmp-collector scenario --check FOLDER…",
     {@from_native, [{"bmp-collector", "ls -d insight/scenarios/*/ | head -3 | xargs bmp-collector"}, {" FOLDER…", ""}],
      ""}},
    {"cargo run --release --manifest-path native/Cargo.toml -p rib --example measure -- /tmp/table.bmp",
     {@from_the_root, @debug ++ @routes, "redelivered batch"}},
    {"cargo run --release -p rib --example measure -- FILE",
     {@from_native, @debug ++ [{"FILE", "../priv/sample/frr-pair.bmp.gz"}], "redelivered batch"}},
    {"cargo run --release --manifest-path native/Cargo.toml -p bmp-collector -- generate --routes 200000 --peers 5 --churn 100000 -o /tmp/table.bmp",
     {@from_the_root, [{"--churn 100000", "--churn 200"} | @routes], ""}},
    {"cargo run --release --manifest-path native/Cargo.toml -p insight --example cost -- /tmp/table.bmp",
     {@from_the_root, @debug ++ @routes, "of all the rest: ASPAs"}},
    {"cargo run --release --manifest-path native/Cargo.toml -p batch --example path_ids",
     {@from_the_root, @debug, "inferred, known"}},
    {"cargo run --release -p batch --example path_ids", {@from_native, @debug, "inferred, known"}},
    {"cargo test -p fuzz", {@from_native, [{"-p fuzz", "-p fuzz random"}], "test result: ok"}},
    {"cargo run --release -p fuzz -- --frames 10000000 --seed 1",
     {@from_native, @debug ++ [{"10000000", "200"}], "seed 1"}},
    {"cargo run --release -p fuzz -- --frames 10000000", {@from_native, @debug ++ [{"10000000", "200"}], "seed 1"}},
    {"cargo run -p fuzz -- --seed 1 --round 666", {@from_native, [], "frames"}},
    {"cargo run -p fuzz -- --write FOLDER", {@from_native, [{"FOLDER", "$SCRATCH/corpus"}], ""}},
    {"bmp-collector decode", {:scratch, [{"decode", "decode dump.bmp.gz"}], "peer_up"}},
    {"RECORD=1 cargo test -p bmp-collector --test wire_contract", {:left_out, "it writes over what is recorded"}},
    {"SERVICERADAR_BMP_LONG=1 cargo test --manifest-path native/Cargo.toml -p bmp-collector --test run many_routers -- --nocapture",
     {@from_the_root, [{"SERVICERADAR_BMP_LONG=1 ", ""}], "test result: ok"}},
    {"SERVICERADAR_BMP_LONG=1 mix test test/serviceradar/bmp/insight_lab_test.exs test/serviceradar/bmp/insight_shift_lab_test.exs",
     {:left_out, "it takes half an hour; both are tests themselves, in short"}},
    {"REGENERATE=1 cargo test -p batch --test generated", {@from_native, [], "test result: ok"}},
    {"cargo test --release --manifest-path native/Cargo.toml -p rib --test postgres speed -- --nocapture",
     {@from_the_root, @debug, "test result: ok"}},
    {"lab=test/support/lab/lab.sh", {:lab, "test/support/lab/README.md", ~s("prefix":)}},
    {"test/support/lab/tables.sh", {:left_out, "lab.sh reads it; it is no command of its own"}},
    {"lab.sh help", {Path.join(@root, "test/support/lab"), [{"lab.sh", "./lab.sh"}], "lab.sh"}},
    {"test/support/lab/record-sample.sh", {:lab, :clone, "0 malformed"}},
    {"cargo install cargo-fuzz", {:left_out, "another project's command"}},
    {"RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir libfuzzer --sanitizer none frame -- -max_total_time=300 -max_len=70000",
     if(System.find_executable("cargo-fuzz"),
       do: {Path.join(@root, "native/fuzz"), [{"=300", "=3"}], "stat::number_of_executed_units"},
       else: {:left_out, "cargo-fuzz is not installed"}
     )}
  ]

  @no_lab Lab.missing()

  # Routes of `rib` in the form of FRR's `show bgp ipv4 unicast json`.
  @frr """
  {localAS: 65000, routes: (map(select(.view == "adj_rib_in_post" and .afi == 1)) | group_by(.prefix) | map({(.[0].prefix):
    map({valid: true, peerId: .peer, path: .as_path_text, origin, metric: .med, locPrf: .local_pref, nexthops: [{ip: .next_hop}]})})
    | add)}
  """

  setup_all do
    if :commands in ExUnit.configuration()[:include], do: scratch(), else: :ok
  end

  defp scratch do
    scratch = Folder.new!("commands")
    on_exit(fn -> File.rm_rf(scratch) end)
    sample = Path.join(@root, "priv/sample/frr-pair.bmp.gz")
    File.cp!(sample, Path.join(scratch, "dump.bmp.gz"))
    File.write!(Path.join(scratch, "capture.pcap"), sample |> File.read!() |> :zlib.gunzip() |> pcap())
    # What the other commands begin with.
    install =
      "cargo install --quiet --locked --path native/collector && bmp-collector generate --routes 2000 --churn 200 -o $SCRATCH/table.bmp"

    {_, 0} = shell(install, @root, scratch)
    # The table that FRR would show beside the sample.
    {_, 0} = shell("bmp-collector rib dump.bmp.gz | jq -s '#{@frr}' >show-bgp-ipv4.json", scratch, scratch)
    %{scratch: scratch}
  end

  test "every command of every page is in the list, and no other is" do
    known = MapSet.new(@commands, &elem(&1, 0))
    shown = for page <- pages(), {line, command} <- commands(page), do: {command, "#{page}:#{line}"}
    assert for({command, place} <- shown, command not in known, do: {place, command}) == []
    assert MapSet.difference(known, MapSet.new(shown, &elem(&1, 0))) == MapSet.new()
  end

  for {command, how} <- @commands, how != :runs_this do
    case how do
      {:left_out, reason} ->
        @tag :commands
        @tag skip: "#{command}: #{reason}"
        test command, do: :ok

      _ ->
        @tag :commands
        if elem(how, 0) == :lab, do: @tag(skip: @no_lab || false)

        test command, %{scratch: scratch} do
          try_command(unquote(command), unquote(Macro.escape(how)), scratch)
        end
    end
  end

  @tag :commands
  test "a reader that goes away is no failure of measure", %{scratch: scratch} do
    command = "set -o pipefail; cargo run --quiet -p rib --example measure -- ../priv/sample/frr-pair.bmp.gz | true"
    assert {"", 0} = shell(command, @from_native, scratch)
  end

  # ---- pages

  defp pages,
    do:
      Enum.flat_map(
        @pages,
        &(@root |> Path.join(&1) |> Path.wildcard() |> Enum.map(fn page -> Path.relative_to(page, @root) end))
      )

  # A command begins with one of these, perhaps after variables, and has an argument or is a file of bin/.
  @command ~r/^(?:[A-Z_]+=\S+ )*(?:bin\/[a-z]+(?: .*)?|(?:cargo|mix|bmp-collector|(?:\S+\/)?[a-z-]+\.sh) (?!is |of |outside ).+|\S+\/[a-z-]+\.sh)$/

  # In a fence, in an indented block or a comment, and between back-quotes.
  defp commands(page) do
    for {text, number} <- @root |> Path.join(page) |> File.stream!() |> Stream.with_index(1),
        candidate <- candidates(text, Path.extname(page)),
        command = tidy(candidate),
        command =~ @command,
        do: {number, command}
  end

  defp candidates(text, ".md"), do: [text | spans(text)] |> Enum.flat_map(&String.split(&1, "# or: "))
  defp candidates(text, ".ex"), do: if(text =~ ~r/^\s{6,}mix /, do: [text], else: [])

  defp candidates(text, _) do
    cond do
      text =~ ~r{^\s*(//!|#)} -> [String.replace(text, ~r{^\s*(//!|#)}, "") | spans(text)]
      text =~ ~r/^\s+bmp-collector / -> [text |> String.replace(~s(\\"), ~s(")) |> String.replace(~r/"\)\]\s*$/, "")]
      true -> []
    end
  end

  defp spans(text), do: for([_, span] <- Regex.scan(~r/`([^`]+)`/, text), do: span)
  defp tidy(text), do: text |> String.replace(~r/\s+#.*$/, "") |> String.trim() |> String.trim_trailing(" \\")

  # ---- running them

  defp try_command(command, {:station, expected}, scratch) do
    free!()

    arguments =
      "--port 11019 --ip 127.0.0.1 --allow 127.0.0.1 --sample --play #{scratch}/dump.bmp.gz --ocsf #{scratch}/ocsf.jsonl --plain"

    command = String.replace(command, ~r/ \[.*$/, " " <> arguments)
    station(command, scratch, fn output -> eventually(fn -> File.read!(output) =~ expected end, expected, 100_000) end)
  end

  # Not here: it writes its record over the sample, which other tests know by heart.
  defp try_command(command, {:lab, :clone, expected}, scratch) do
    clone = Path.join(scratch, "clone")
    {_, 0} = shell("git clone --quiet #{@root} #{clone}", @root, scratch)
    try_command(command, {clone, [], expected}, scratch)
  end

  # The block of the page that begins with the command, as one script.
  defp try_command(command, {:lab, page, expected}, scratch) do
    lines = @root |> Path.join(page) |> File.stream!() |> Enum.drop_while(&(String.trim(&1) != command))
    script = lines |> Enum.take_while(&String.starts_with?(&1, "    ")) |> Enum.join()
    assert script =~ "down"
    down = "trap 'test/support/lab/lab.sh down $SCRATCH/mylab || true' EXIT"
    try_command("set -e\n#{down}\n#{script}", {@root, [{"/tmp/mylab", "$SCRATCH/mylab"}], expected}, scratch)
  end

  defp try_command(command, {:scratch_with_station, expected}, scratch) do
    free!()

    station("mix bmp.station --plain", scratch, fn output ->
      eventually(fn -> File.read!(output) =~ "11019" end, "the station", 100_000)
      try_command(command, {:scratch, [], expected}, scratch)
    end)
  end

  defp try_command(command, {:scratch, small, expected}, scratch),
    do: try_command(command, {scratch, small, expected}, scratch)

  defp try_command(command, {folder, small, expected}, scratch) do
    command = Enum.reduce(small, command, fn {large, small}, command -> String.replace(command, large, small) end)
    command = String.replace(command, "table.bmp", "$SCRATCH/table.bmp")
    {output, status} = shell("set -o pipefail; " <> command, folder, scratch)
    assert status == 0, output
    assert output =~ expected
  end

  defp station(command, scratch, check) do
    output = Path.join(scratch, "station-#{System.unique_integer([:positive])}")
    script = "cd #{@root} && exec " <> command

    environment =
      for {name, value} <- environment(scratch),
          do: if(value, do: "export #{name}='#{value}'; ", else: "unset #{name}; ")

    station = OSProcess.start!("/bin/bash", ["-c", Enum.join(environment) <> script], output)

    try do
      check.(output)
    after
      OSProcess.stop(station)
      eventually(fn -> free?() end, "the end of the station", 600)
    end
  end

  defp shell(command, folder, scratch) do
    System.cmd("bash", ["-c", command], cd: folder, env: environment(scratch), stderr_to_stdout: true)
  end

  # As a shell in which somebody reads the page: not that of these tests. What is installed goes to the scratch folder.
  defp environment(scratch) do
    [
      {"MIX_ENV", nil},
      {"MIX_BUILD_PATH", nil},
      {"SERVICERADAR_BMP_BUILD", nil},
      {"SERVICERADAR_BMP_ROUTES", "1000"},
      {"SCRATCH", scratch},
      {"CARGO_INSTALL_ROOT", scratch},
      {"PATH", Path.join(scratch, "bin") <> ":" <> System.get_env("PATH")}
    ]
  end

  defp free!, do: assert(free?(), "another program listens on port 11019")

  defp free? do
    case :gen_tcp.listen(11_019, reuseaddr: true) do
      {:ok, socket} -> :gen_tcp.close(socket) == :ok
      {:error, _} -> false
    end
  end

  # A capture of one TCP connection, in packets of raw IPv4.
  defp pcap(stream) do
    segments = for <<piece::binary-1000 <- stream>>, do: piece
    rest = binary_part(stream, byte_size(stream), -rem(byte_size(stream), 1_000))

    {packets, _} =
      Enum.map_reduce([:syn | segments ++ [rest]], 1, fn
        :syn, sequence -> {packet(sequence, 2, ""), sequence + 1}
        octets, sequence -> {packet(sequence, 16, octets), sequence + byte_size(octets)}
      end)

    [<<0xA1B2C3D4::32, 2::16, 4::16, 0::64, 65_535::32, 101::32>> | packets]
  end

  defp packet(sequence, flags, octets) do
    tcp = <<40_000::16, 11_019::16, sequence::32, 0::32, 5::4, 0::4, flags, 65_535::16, 0::32, octets::binary>>
    ip = <<4::4, 5::4, 0, 20 + byte_size(tcp)::16, 0::32, 64, 6, 0::16, 192, 0, 2, 1, 192, 0, 2, 2, tcp::binary>>
    <<1_700_000_000::32, 0::32, byte_size(ip)::32, byte_size(ip)::32, ip::binary>>
  end
end

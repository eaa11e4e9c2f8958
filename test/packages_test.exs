defmodule ServiceRadar.BMP.PackagesTest do
  @moduledoc """
  What is given to others, made from a clean clone and used elsewhere: the Hex package in the release of a host
  application, and the collector.

  It takes minutes, so `bin/test packages` runs it, and `mix test` alone does not.
  """
  use ExUnit.Case, async: false

  alias ServiceRadar.BMP.Test.Folder

  @moduletag :packages
  @moduletag timeout: 3_600_000

  @root Path.expand("..", __DIR__)
  @parts [
    ServiceRadar.BMP.Pipeline.Broadway,
    ServiceRadar.BMP.Broker.JetStream,
    ServiceRadar.BMP.Store.Postgres,
    ServiceRadar.BMPWeb.Standalone
  ]

  # Of each test its own: one of them takes its folders away.
  setup do
    scratch = Folder.new!("packages")
    on_exit(fn -> File.rm_rf(scratch) end)
    run("git clone --quiet #{@root} #{scratch}/clone", "/")
    %{scratch: scratch, clone: Path.join(scratch, "clone")}
  end

  test "the collector is installed from a clone, and reads the sample", %{scratch: scratch, clone: clone} do
    run("cargo install --quiet --locked --path native/collector --root #{scratch}", clone)
    output = run("#{scratch}/bin/bmp-collector decode priv/sample/frr-pair.bmp.gz | wc -l", clone)
    assert String.trim(output) == "4001"
  end

  if not Enum.all?(@parts, &Code.ensure_loaded?/1), do: @tag(skip: "the packages of the full build do not resolve here")

  test "the Hex package has all that the release of a host application needs", %{scratch: scratch, clone: clone} do
    run("mix hex.build --unpack --output #{scratch}/package", clone)
    host!(Path.join(scratch, "host"))
    compiled = run("mix deps.get && mix release --quiet", Path.join(scratch, "host"))
    assert compiled =~ "full build (a dependency of Host.MixProject)"
    refute compiled =~ "Left out: B"
    # The release needs neither of the folders that it was made from.
    File.rename!("#{scratch}/host/_build/prod/rel/host", "#{scratch}/release")
    for folder <- ~w(package host clone), do: File.rm_rf!(Path.join(scratch, folder))

    assert run("#{scratch}/release/bin/host eval Host.try", scratch) =~
             "decoded 4001 messages, listening, all parts there"
  end

  # An application that has the package in its dependencies, with everything that the package can use.
  defp host!(folder) do
    File.mkdir_p!(Path.join(folder, "lib"))

    dependencies = Mix.Project.config()[:deps]
    packages = for {name, version, options} <- dependencies, options[:optional], do: {name, version}

    File.write!(Path.join(folder, "mix.exs"), """
    defmodule Host.MixProject do
      use Mix.Project
      def project, do: [app: :host, version: "1.0.0", start_permanent: true, deps: deps()]
      def application, do: [extra_applications: [:logger]]
      defp deps, do: [{:serviceradar_bmp, path: "../package"} | #{inspect(packages)}]
    end
    """)

    File.write!(Path.join(folder, "lib/host.ex"), """
    defmodule Host do
      def try do
        {:ok, _} = Application.ensure_all_started(:host)
        {:ok, messages, ""} = ServiceRadar.BMP.Replay.sample() |> File.read!() |> :zlib.gunzip() |> ServiceRadar.BMP.decode()
        {:ok, _} = Supervisor.start_link([{ServiceRadar.BMP, port: 0}], strategy: :one_for_one)
        true = ServiceRadar.BMP.port() > 0
        true = Enum.all?(#{inspect(@parts)}, &Code.ensure_loaded?/1)
        IO.puts("decoded \#{length(messages)} messages, listening, all parts there")
      end
    end
    """)
  end

  # As somebody else's shell would run it. Crates are built where this project's are, which saves minutes.
  defp run(command, folder) do
    environment = [
      {"MIX_ENV", "prod"},
      {"MIX_BUILD_PATH", nil},
      {"SERVICERADAR_BMP_BUILD", nil},
      {"CARGO_TARGET_DIR", System.get_env("CARGO_TARGET_DIR") || Path.join(@root, "native/target")}
    ]

    {output, status} =
      System.cmd("bash", ["-c", "set -o pipefail; " <> command], cd: folder, env: environment, stderr_to_stdout: true)

    assert status == 0, output
    output
  end
end

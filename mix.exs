defmodule ServiceRadar.BMP.MixProject do
  use Mix.Project

  @version "0.1.0-dev"

  # What the full build adds: the module that tells whether a part's packages are there, and the packages. Every one is
  # optional: who wants only `ServiceRadar.BMP.decode/1` pulls nothing. A part is compiled where its packages are, and
  # nowhere else.
  @integrations [
    {"Broadway pipeline", Broadway, [{:broadway, "~> 1.1"}]},
    {"NATS JetStream broker", Gnat, [{:gnat, "~> 1.12"}, {:nkeys, "~> 0.2"}]},
    {"Postgres store", Postgrex, [{:ecto_sql, "~> 3.10"}, {:postgrex, "~> 0.20"}]},
    {"LiveView pages", Phoenix.LiveView,
     [
       {:phoenix, "~> 1.7"},
       {:phoenix_live_view, "~> 1.0"},
       {:phoenix_pubsub, "~> 2.1"},
       {:phoenix_html, "~> 4.1"},
       {:bandit, "~> 1.5"},
       {:jason, "~> 1.4"}
     ]},
    {"telemetry events through :telemetry", :telemetry, [{:telemetry, "~> 1.0"}]},
    {"precompiled NIFs", RustlerPrecompiled, [{:rustler_precompiled, "~> 0.8"}]}
  ]

  # For those who work on this project: `mix docs`, `mix credo`, `mix dialyzer`.
  @tools [{:ex_doc, "~> 0.38"}, {:credo, "~> 1.7"}, {:dialyxir, "~> 1.4"}]

  def project do
    {build, why} = build()

    [
      app: :serviceradar_bmp,
      version: @version,
      elixir: "~> 1.14",
      description: "A BMP (RFC 7854) monitoring station for Elixir systems",
      compilers: [:bmp_native | Mix.compilers()],
      elixirc_paths: elixirc_paths(Mix.env()),
      start_permanent: Mix.env() == :prod,
      deps: deps(build),
      aliases: aliases(),
      package: package(),
      docs: docs(),
      dialyzer: [plt_add_apps: [:mix, :ex_unit, :iex, :inets], list_unused_filters: true],
      bmp_build: {build, why, for({part, module, _packages} <- @integrations, do: {part, module})}
    ]
  end

  def application do
    [mod: {ServiceRadar.BMP.Application, []}, extra_applications: [:logger, :crypto, :inets, :ssl]]
  end

  # `mix test` compiles, and prints which build it tested.
  defp aliases, do: []

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_), do: ["lib"]

  defp deps(:core), do: []

  defp deps(:full) do
    for({_part, _module, packages} <- @integrations, {name, version} <- packages, do: {name, version, optional: true}) ++
      for({name, version} <- @tools, do: {name, version, only: [:dev, :test], runtime: false}) ++
      [{:lazy_html, ">= 0.1.0", only: :test}]
  end

  # The build is what the environment says; else core where the packages cannot be had. As a dependency of a host
  # application it is the host that has the packages or has not.
  defp build do
    case System.get_env("SERVICERADAR_BMP_BUILD") do
      "core" -> {:core, "SERVICERADAR_BMP_BUILD=core"}
      "full" -> {:full, "SERVICERADAR_BMP_BUILD=full"}
      unset when unset in [nil, ""] -> build_by_itself()
      other -> Mix.raise("SERVICERADAR_BMP_BUILD is core or full, not #{inspect(other)}")
    end
  end

  defp build_by_itself do
    cond do
      not Code.ensure_loaded?(Hex) ->
        {:core, "Hex is not installed"}

      Mix.Project.get() != nil ->
        {:full, "a dependency of #{inspect(Mix.Project.get())}"}

      not Version.match?(System.version(), ">= 1.15.0") ->
        {:core, "the packages need Elixir 1.15, this is #{System.version()}"}

      fetching?() ->
        {:full, "fetching packages"}

      missing = missing_package() ->
        {:core, "the package #{missing} is not fetched: mix deps.get"}

      true ->
        {:full, "its packages are fetched"}
    end
  end

  defp fetching?, do: match?(["deps" <> _ | _], System.argv()) or match?(["hex." <> _ | _], System.argv())

  defp missing_package do
    Enum.find_value(deps(:full), fn dependency ->
      name = dependency |> elem(0) |> Atom.to_string()
      folder = Path.join(System.get_env("MIX_DEPS_PATH") || Path.join(__DIR__, "deps"), name)
      if File.dir?(folder) or not wanted?(dependency), do: nil, else: name
    end)
  end

  defp wanted?({_name, _version, options}), do: Mix.env() in List.wrap(options[:only] || Mix.env())

  # All of them: cargo reads a workspace as a whole, and each names others, if only for its tests.
  defp crates, do: for(manifest <- Path.wildcard("native/*/Cargo.toml"), do: Path.dirname(manifest))

  defp docs do
    guides =
      for name <-
            ~w(getting-started in-serviceradar collector privileges decoding operating insight ocsf reading-the-table-with-sql the-map-as-arrow
               adding),
          do: "guides/#{name}.md"

    [main: "getting-started", extras: guides ++ ["README.md", "CHANGELOG.md"], groups_for_extras: [Guides: guides]]
  end

  defp package do
    [
      licenses: ["Apache-2.0"],
      links: %{},
      files: ~w(lib priv/insight.json priv/sample priv/sql priv/static proto native/Cargo.toml native/Cargo.lock
           mix.exs .formatter.exs README.md CHANGELOG.md LICENSE) ++ crates() ++ Path.wildcard("checksum-*.exs")
    ]
  end
end

defmodule Mix.Tasks.Compile.BmpNative do
  @moduledoc """
  Builds the NIF (`native/nif`) with cargo and puts it in `priv/native`.

  Not run where a checksum file of precompiled NIFs ships with the package and `rustler_precompiled` is there to
  fetch them, unless `SERVICERADAR_BMP_BUILD_NIF=1`. Under `MIX_ENV=test` it builds cargo's dev profile, with
  overflow checks and debug assertions; `SERVICERADAR_BMP_NIF_PROFILE=dev|release` overrides that.
  """
  use Mix.Task.Compiler

  @recursive true
  @checksums "checksum-Elixir.ServiceRadar.BMP.Native.exs"

  @impl true
  def run(_args) do
    say_which_build(Mix.Project.config()[:bmp_build])
    if precompiled?(), do: :noop, else: build(profile())
  end

  @doc "Whether precompiled NIFs are to be used instead of cargo."
  def precompiled? do
    File.exists?(@checksums) and Code.ensure_loaded?(RustlerPrecompiled) and
      System.get_env("SERVICERADAR_BMP_BUILD_NIF") in [nil, "", "0"]
  end

  defp profile do
    case System.get_env("SERVICERADAR_BMP_NIF_PROFILE") do
      unset when unset in [nil, ""] -> if Mix.env() == :test, do: "dev", else: "release"
      profile when profile in ["dev", "release"] -> profile
      other -> Mix.raise("SERVICERADAR_BMP_NIF_PROFILE is dev or release, not #{inspect(other)}")
    end
  end

  defp build(profile) do
    name = "serviceradar_bmp_nif"
    target = Path.expand(System.get_env("CARGO_TARGET_DIR") || "native/target")
    folder = if profile == "release", do: "release", else: "debug"
    built = Path.join([target, folder, "lib#{name}#{library_extension()}"])
    installed = Path.join(["priv", "native", installed_name(name, profile)])

    case System.find_executable("cargo") do
      nil ->
        unless File.exists?(installed) do
          Mix.raise("""
          the native part of serviceradar_bmp cannot be built: cargo is not in PATH.
          Install the Rust toolchain (rustc 1.91 or newer, with cargo), then compile again.
          """)
        end

        note("cargo is not in PATH: using #{installed} as it is")
        :noop

      cargo ->
        arguments = [
          "build",
          "--quiet",
          "--locked",
          "--manifest-path",
          "native/Cargo.toml",
          "-p",
          name,
          "--profile",
          profile
        ]

        unless File.exists?(built),
          do: note("building the native part with cargo (#{profile}); the first time takes minutes")

        case System.cmd(cargo, arguments, into: IO.stream(:stdio, :line), stderr_to_stdout: true) do
          {_, 0} ->
            install(built, installed)

          {_, status} ->
            Mix.raise("cargo failed (exit status #{status}): the native part of serviceradar_bmp is not built")
        end
    end
  end

  # A new inode each time: a running VM keeps the library it has mapped.
  defp install(built, installed) do
    if same?(built, installed) do
      :noop
    else
      File.mkdir_p!(Path.dirname(installed))
      partial = installed <> ".partial-#{System.pid()}"
      File.cp!(built, partial)
      File.rename!(partial, installed)
      Mix.Project.build_structure()
      :ok
    end
  end

  defp same?(one, other) do
    with {:ok, %{size: size, mtime: built}} <- File.stat(one),
         {:ok, %{size: ^size, mtime: installed}} <- File.stat(other) do
      installed >= built
    else
      _ -> false
    end
  end

  defp installed_name(name, "release"), do: name <> loaded_extension()
  defp installed_name(name, profile), do: "#{name}-#{profile}" <> loaded_extension()

  defp library_extension do
    case :os.type() do
      {:unix, :darwin} -> ".dylib"
      _ -> ".so"
    end
  end

  # :erlang.load_nif/2 looks for .so on every unix.
  defp loaded_extension, do: ".so"

  # A host that has some of the packages gets some of the parts.
  defp say_which_build({build, why, parts}) do
    case for {part, module} <- parts, not Code.ensure_loaded?(module), do: part do
      [] -> note("#{build} build (#{why})")
      left_out -> note("#{build} build (#{why}). Left out: #{Enum.join(left_out, ", ")}")
    end
  end

  defp say_which_build(nil), do: :ok

  defp note(text), do: IO.puts(:stderr, "serviceradar_bmp: " <> text)
end

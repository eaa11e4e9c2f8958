defmodule ServiceRadar.BMP.Test.Postgres do
  @moduledoc """
  A PostgreSQL server for a test: its own port on the loopback address, its own folder, made with `initdb`.

  `SERVICERADAR_BMP_PG_BIN` is the folder of its programs, `SERVICERADAR_BMP_PG_OPTIONS` more of its options, and
  `SERVICERADAR_BMP_PG_EXTENSIONS` what its database has: with them the tests run on a TimescaleDB.

  It ends with the test's process, however that ends. `kill/1` is `kill -9` of the whole server; `start_again/1` starts it
  on the same port with the same folder. As root the server runs as the user `postgres`, because it refuses root.
  """

  alias ServiceRadar.BMP.Test.{Folder, FreePort}

  defstruct [:programs, :port, :folder, :handle, :os_pid]

  @oldest 15

  @doc "Why there is no server to test with, or nil."
  def missing do
    cond do
      programs() == nil ->
        "no PostgreSQL #{@oldest} or later is installed (other places than Debian's: SERVICERADAR_BMP_PG_BIN)"

      root?() and not match?({_, 0}, System.cmd("id", ["-u", "postgres"], stderr_to_stdout: true)) ->
        "there is no user postgres for the server to run as"

      true ->
        nil
    end
  end

  @doc "Starts a new server. Its user and its database are both `postgres`, without a password."
  def start! do
    folder = Folder.new!("postgres")
    if root?(), do: {_, 0} = System.cmd("chown", ["postgres", folder])
    postgres = %__MODULE__{programs: programs(), port: FreePort.free_port(), folder: folder}

    [program | arguments] =
      unprivileged([Path.join(postgres.programs, "initdb"), "--no-sync", "--auth=trust", "--username=postgres"]) ++
        ["--encoding=UTF8", "--locale=C", "-D", data(postgres)]

    {_, 0} = System.cmd(program, arguments, cd: folder, stderr_to_stdout: true)
    postgres = start_again(postgres)
    Enum.each(words("SERVICERADAR_BMP_PG_EXTENSIONS"), &extend(postgres, &1))
    postgres
  end

  defp extend(postgres, extension) do
    psql = Path.join(postgres.programs, "psql")
    database = ["-h", "127.0.0.1", "-p", "#{postgres.port}", "-U", "postgres", "-d", "postgres"]
    {_, 0} = System.cmd(psql, database ++ ["-c", "CREATE EXTENSION #{extension}"], stderr_to_stdout: true)
  end

  defp words(variable), do: String.split(System.get_env(variable, ""))

  def url(%__MODULE__{port: port}), do: "ecto://postgres@127.0.0.1:#{port}/postgres"

  def start_again(%__MODULE__{} = postgres) do
    # The shell ends the server when our end of its standard input closes, even if this VM is killed.
    script = """
    exec 3<&0 2>/dev/null
    log=$1; shift
    "$@" </dev/null >>"$log" 2>&1 3<&- & server=$!
    echo $server
    (cat <&3 >/dev/null; kill -INT $server 2>/dev/null) & watcher=$!
    wait $server; kill $watcher 2>/dev/null
    """

    server =
      unprivileged([Path.join(postgres.programs, "postgres"), "-D", data(postgres), "-p", "#{postgres.port}"]) ++
        ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "full_page_writes=off"] ++
        words("SERVICERADAR_BMP_PG_OPTIONS")

    arguments = ["-c", script, "sh", Path.join(postgres.folder, "log") | server]
    handle = Port.open({:spawn_executable, "/bin/sh"}, [:binary, :exit_status, line: 100, args: arguments])

    os_pid =
      receive do
        {^handle, {:data, {:eol, pid}}} -> String.to_integer(pid)
      after
        5_000 -> raise "no shell"
      end

    postgres = %{postgres | handle: handle, os_pid: os_pid}
    await(postgres, 200)
    postgres
  end

  @doc "`kill` with a signal, for each of its processes: `STOP` freezes the server, `CONT` thaws it."
  def signal(%__MODULE__{os_pid: os_pid}, signal) do
    {children, _} = System.cmd("ps", ["-o", "pid=", "--ppid", "#{os_pid}"])
    System.cmd("kill", ["-#{signal}", "#{os_pid}" | String.split(children)], stderr_to_stdout: true)
    :ok
  end

  @doc "`kill -9`: the postmaster and, because it cannot tell them any more, its children."
  def kill(%__MODULE__{handle: handle, os_pid: os_pid} = postgres) do
    {children, _} = System.cmd("ps", ["-o", "pid=", "--ppid", "#{os_pid}"])
    {_, 0} = System.cmd("kill", ["-9", "#{os_pid}"])
    System.cmd("kill", ["-9" | String.split(children)], stderr_to_stdout: true)

    receive do
      {^handle, {:exit_status, _}} -> postgres
    after
      5_000 -> raise "postgres #{os_pid} does not end"
    end
  end

  @doc "Ends the server and removes its folder."
  def stop(%__MODULE__{} = postgres) do
    # A test may have failed while it was frozen.
    signal(postgres, "CONT")
    if Port.info(postgres.handle), do: Port.close(postgres.handle)
    await_end(postgres, 100)
    File.rm_rf(postgres.folder)
    :ok
  end

  defp await_end(_postgres, 0), do: :ok

  defp await_end(postgres, attempts) do
    if File.exists?(Path.join(data(postgres), "postmaster.pid")) do
      Process.sleep(50)
      await_end(postgres, attempts - 1)
    end
  end

  defp await(postgres, 0), do: raise("postgres does not start: " <> File.read!(Path.join(postgres.folder, "log")))

  defp await(postgres, attempts) do
    ready = Path.join(postgres.programs, "pg_isready")

    case System.cmd(ready, ["-q", "-h", "127.0.0.1", "-p", "#{postgres.port}"]) do
      {_, 0} ->
        :ok

      _ ->
        Process.sleep(50)
        await(postgres, attempts - 1)
    end
  end

  defp data(postgres), do: Path.join(postgres.folder, "data")

  defp programs do
    case System.get_env("SERVICERADAR_BMP_PG_BIN") do
      nil ->
        for folder <- Path.wildcard("/usr/lib/postgresql/*/bin"),
            File.exists?(Path.join(folder, "initdb")),
            {version, ""} when version >= @oldest <- [Integer.parse(folder |> Path.dirname() |> Path.basename())] do
          {version, folder}
        end
        |> Enum.max(fn -> {0, nil} end)
        |> elem(1)

      folder ->
        folder
    end
  end

  defp unprivileged([program | arguments]) do
    if root?(),
      do: [
        System.find_executable("setpriv"),
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        program | arguments
      ],
      else: [program | arguments]
  end

  defp root?, do: match?({"0\n", 0}, System.cmd("id", ["-u"]))
end

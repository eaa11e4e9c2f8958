defmodule ServiceRadar.BMP.Test.NATS do
  @moduledoc """
  A NATS server with JetStream for a test: its own port on the loopback address, its own folder.

  It ends with the test's process, however that ends. `kill/1` is `kill -9`; `start_again/1` starts it on the same port
  with the same folder.
  """

  defstruct [:executable, :port, :folder, :handle, :os_pid, :config]

  @doc "Why there is no server to test with, or nil."
  def missing do
    if executable() == nil, do: "nats-server is not installed"
  end

  @doc "Starts a server; `config` is text of its configuration file."
  def start!(config \\ "") do
    folder = Path.join(System.tmp_dir!(), "bmp-nats-#{System.unique_integer([:positive])}-#{System.pid()}")
    File.mkdir_p!(folder)
    start_again(%__MODULE__{executable: executable(), port: free_port(), folder: folder, config: config})
  end

  def url(%__MODULE__{port: port}), do: "nats://127.0.0.1:#{port}"

  def start_again(%__MODULE__{} = nats) do
    file = Path.join(nats.folder, "nats.conf")

    File.write!(
      file,
      "listen: 127.0.0.1:#{nats.port}\njetstream { store_dir: \"#{nats.folder}/store\" }\n" <> nats.config
    )

    # The shell ends the server when our end of its standard input closes, even if this VM is killed.
    script = """
    exec 3<&0 2>/dev/null
    "$0" -c "$1" -l "$2" </dev/null >/dev/null 2>&1 3<&- & server=$!
    echo $server
    (cat <&3 >/dev/null; kill -9 $server 2>/dev/null) & watcher=$!
    wait $server; kill $watcher 2>/dev/null
    """

    arguments = ["-c", script, nats.executable, file, Path.join(nats.folder, "log")]
    handle = Port.open({:spawn_executable, "/bin/sh"}, [:binary, :exit_status, line: 100, args: arguments])

    os_pid =
      receive do
        {^handle, {:data, {:eol, pid}}} -> String.to_integer(pid)
      after
        5_000 -> raise "no shell"
      end

    nats = %{nats | handle: handle, os_pid: os_pid}
    await(nats, 100)
    nats
  end

  def kill(%__MODULE__{handle: handle, os_pid: os_pid} = nats) do
    {_, 0} = System.cmd("kill", ["-9", "#{os_pid}"])

    receive do
      {^handle, {:exit_status, _}} -> nats
    after
      5_000 -> raise "nats-server #{os_pid} does not end"
    end
  end

  @doc "Ends the server and removes its folder."
  def stop(%__MODULE__{} = nats) do
    if Port.info(nats.handle), do: Port.close(nats.handle)
    File.rm_rf(nats.folder)
    :ok
  end

  defp await(nats, 0), do: raise("nats-server does not start: " <> File.read!(Path.join(nats.folder, "log")))

  defp await(nats, attempts) do
    with {:ok, socket} <- :gen_tcp.connect({127, 0, 0, 1}, nats.port, [:binary, active: false], 1_000),
         {:ok, info} <- :gen_tcp.recv(socket, 0, 1_000),
         :gen_tcp.close(socket),
         true <- info =~ ~s("jetstream":true) do
      :ok
    else
      _ ->
        Process.sleep(50)
        await(nats, attempts - 1)
    end
  end

  defp executable, do: System.find_executable("nats-server") || Enum.find(["/usr/sbin/nats-server"], &File.exists?/1)

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end
end

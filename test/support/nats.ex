defmodule ServiceRadar.BMP.Test.NATS do
  @moduledoc """
  A NATS server with JetStream for a test: its own port on the loopback address, its own folder.

  It ends with the test's process, however that ends. `kill/1` is `kill -9`; `start_again/1` starts it on the same port
  with the same folder.
  """

  alias ServiceRadar.BMP.Test.{Folder, FreePort, OSProcess}

  defstruct [:executable, :port, :folder, :process, :config, :jetstream]

  @doc "Why there is no server to test with, or nil."
  def missing do
    if executable() == nil, do: "nats-server is not installed"
  end

  @doc "Starts a server; `config` is text of its configuration file, `jetstream` of the part about JetStream."
  def start!(config \\ "", jetstream \\ "") do
    folder = Folder.new!("nats")

    start_again(%__MODULE__{
      executable: executable(),
      port: FreePort.free_port(),
      folder: folder,
      config: config,
      jetstream: jetstream
    })
  end

  def url(%__MODULE__{port: port}), do: "nats://127.0.0.1:#{port}"

  def start_again(%__MODULE__{} = nats) do
    file = Path.join(nats.folder, "nats.conf")

    File.write!(
      file,
      "listen: 127.0.0.1:#{nats.port}\njetstream { store_dir: \"#{nats.folder}/store\"\n#{nats.jetstream} }\n" <>
        nats.config
    )

    log = Path.join(nats.folder, "log")
    nats = %{nats | process: OSProcess.start!(nats.executable, ["-c", file], log)}
    await(nats, 100)
    nats
  end

  def kill(%__MODULE__{} = nats) do
    OSProcess.kill(nats.process)
    nats
  end

  @doc "Ends the server and removes its folder."
  def stop(%__MODULE__{} = nats) do
    OSProcess.stop(nats.process)
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
end

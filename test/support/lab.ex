defmodule ServiceRadar.BMP.Test.Lab do
  @moduledoc """
  The lab of live FRR routers in `test/support/lab`, for a test.

  It ends with the test's process, however that ends.
  """

  alias ServiceRadar.BMP.Test.Folder

  defstruct [:folder, :facts, :handle]

  @script Path.expand("lab/lab.sh", __DIR__)

  @doc "Why there is no lab to test with, or nil."
  def missing do
    commands = for command <- ~w(ip jq unshare vtysh), System.find_executable(command) == nil, do: command
    programs = Enum.reject(["/usr/lib/frr/bgpd"], &File.exists?/1)

    cond do
      not match?({"0\n", 0}, System.cmd("id", ["-u"])) ->
        "network namespaces need root"

      commands ++ programs != [] ->
        "#{Enum.join(commands ++ programs, ", ")} missing: Debian packages frr iproute2 jq util-linux"

      not match?({_, 0}, System.cmd("unshare", ["--net", "--mount", "true"], stderr_to_stdout: true)) ->
        "no network namespace can be made here"

      true ->
        nil
    end
  end

  @doc """
  Starts the routers with so many routes, announced by both neighbours together; `core: true` with the fourth router, `ospf: true` with two
  more that speak OSPF.
  """
  def start!(routes, options \\ []) do
    folder = Folder.new!("lab")
    File.mkdir_p!(folder)
    # It takes the lab down when our end of its standard input closes, even if this VM is killed.
    down = ~s(cat >/dev/null; [ ! -e "$2/facts" ] || exec "$1" down "$2" >/dev/null 2>&1)
    arguments = ["-c", down, "sh", @script, folder]
    handle = Port.open({:spawn_executable, "/bin/sh"}, [:binary, :exit_status, args: arguments])
    lab = %__MODULE__{folder: folder, handle: handle}

    facts =
      lab
      |> run("up", [to_string(routes) | for(more <- [:core, :ospf], options[more], do: to_string(more))])
      |> String.split("\n", trim: true)

    %{lab | facts: Map.new(facts, &List.to_tuple(String.split(&1, "=", parts: 2)))}
  end

  @doc "Runs a command of `lab.sh`, for example `run(lab, \"withdraw\", [\"west\", 50])`, and gives what it prints."
  def run(lab, command, arguments \\ []) do
    case System.cmd(@script, [command, lab.folder | Enum.map(arguments, &to_string/1)], stderr_to_stdout: true) do
      {output, 0} -> output
      {output, status} -> raise "lab.sh #{command} #{inspect(arguments)} ends with #{status}: #{output}"
    end
  end

  @doc "As `run/3` of a command that may fail: gives what it printed."
  def attempt(lab, command, arguments) do
    {output, _status} = System.cmd(@script, [command, lab.folder | arguments], stderr_to_stdout: true)
    output
  end

  @doc "Ends the routers and removes the folder."
  def stop(lab) do
    if Port.info(lab.handle), do: Port.close(lab.handle)
    await_end(lab, 200)
    File.rm_rf(lab.folder)
    :ok
  end

  defp await_end(lab, attempts) do
    if attempts > 0 and File.exists?(Path.join(lab.folder, "facts")) do
      Process.sleep(50)
      await_end(lab, attempts - 1)
    end
  end
end

defmodule ServiceRadar.BMP.Test.Folder do
  @moduledoc """
  Folders that tests make beside the project, for what they start.

  A test takes its folder away. Where the whole VM was killed nobody does, and a server's folder may hold gigabytes: the next
  one that is made takes away those of VMs that are no more.
  """

  @doc "Makes a new empty folder whose name begins with `bmp-` and `name`."
  def new!(name) do
    forget_the_dead()
    folder = Path.join(System.tmp_dir!(), "bmp-#{name}-#{System.unique_integer([:positive])}-#{System.pid()}")
    File.mkdir_p!(folder)
    folder
  end

  defp forget_the_dead do
    for folder <- Path.wildcard(Path.join(System.tmp_dir!(), "bmp-*-*-*")),
        [_, pid] <- [Regex.run(~r/-\d+-(\d+)$/, folder)],
        not File.dir?("/proc/#{pid}"),
        do: File.rm_rf(folder)
  end
end

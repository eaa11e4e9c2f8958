defmodule ServiceRadar.BMP.Test.Certificates do
  @moduledoc "Certificates for a test, in PEM files: of a server, of a client, of who signed each, and of a stranger."

  @type files :: %{certfile: Path.t(), keyfile: Path.t(), cacertfile: Path.t()}

  @doc """
  Files of `:server` and `:client`; the `cacertfile` of each is what the other has to trust. The server's certificate is for this host,
  or for another name.
  """
  @spec make!(Path.t(), name :: String.t() | nil) :: %{server: files, client: files}
  def make!(folder, name \\ nil) do
    File.mkdir_p!(folder)
    strong = [key: {:namedCurve, :secp256r1}, digest: :sha256]
    chain = %{root: strong, intermediates: [], peer: strong}
    named = %{chain | peer: strong ++ if(name, do: [extensions: [subject_alt_name(name)]], else: [])}

    %{server_config: server, client_config: client} =
      :public_key.pkix_test_data(%{server_chain: named, client_chain: chain})

    %{
      # Each side's `cacerts` is what it trusts: the other's root.
      server: write!(folder, "server", server, client[:cacerts]),
      client: write!(folder, "client", client, server[:cacerts])
    }
  end

  defp subject_alt_name(name), do: {:Extension, {2, 5, 29, 17}, false, [dNSName: to_charlist(name)]}

  defp write!(folder, name, config, own_roots) do
    {type, key} = config[:key]

    files = %{
      certfile: Path.join(folder, name <> ".pem"),
      keyfile: Path.join(folder, name <> ".key"),
      cacertfile: Path.join(folder, name <> "-ca.pem")
    }

    File.write!(files.certfile, :public_key.pem_encode([{:Certificate, config[:cert], :not_encrypted}]))
    File.write!(files.keyfile, :public_key.pem_encode([{type, key, :not_encrypted}]))

    File.write!(
      files.cacertfile,
      :public_key.pem_encode(for(root <- own_roots, do: {:Certificate, root, :not_encrypted}))
    )

    files
  end
end

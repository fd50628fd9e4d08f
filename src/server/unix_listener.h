#pragma once

#include "tonearm/server/listening_socket.h"

#include <sys/types.h>

#include <string>

namespace tonearm::server {

/// The file of a unix socket that we listen on. Removed when its last socket goes, if it still is
/// ours: a successor may have put its own there.
class ListeningSocket::UnixFile {
 public:
  explicit UnixFile(std::string path);
  ~UnixFile();
  UnixFile(const UnixFile&) = delete;
  UnixFile& operator=(const UnixFile&) = delete;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Appends a descriptor of one listening unix socket to each loop's.
Result<void> open_unix_listener(const ListenAddress& address, UnixAccess access,
                                std::vector<std::vector<ListeningSocket>>& loops);

}  // namespace tonearm::server

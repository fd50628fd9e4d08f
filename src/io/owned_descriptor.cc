#include "tonearm/io/owned_descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace tonearm::io {

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
  OwnedDescriptor closed(std::move(other));
  std::swap(descriptor_, closed.descriptor_);
  return *this;
}

OwnedDescriptor::~OwnedDescriptor() {
  if (!valid()) return;
  const int error_number = errno;
  ::close(descriptor_);
  errno = error_number;
}

}  // namespace tonearm::io

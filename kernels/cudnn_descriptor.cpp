#include "kernels/cudnn_descriptor.h"

#include <algorithm>
#include <array>

namespace bauta::cudnn {

namespace {

// In cuDNN's words, on one line.
std::string message_of(cudnnStatus_t status) {
  std::array<char, 1024> words{};
  functions().GetLastErrorString(words.data(), words.size());
  std::string message = functions().GetErrorString(status);
  if (words[0] != '\0') message += std::string(": ") + words.data();
  for (char& letter : message)
    if (letter == '\n') letter = ' ';
  return message;
}

}  // namespace

Failure::Failure(cudnnStatus_t status) : std::runtime_error(message_of(status)), status_(status) {}

void check(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) throw Failure(status);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check(functions().BackendCreateDescriptor(type, &descriptor_));
}

Descriptor::~Descriptor() {
  if (descriptor_) static_cast<void>(functions().BackendDestroyDescriptor(descriptor_));
}

void Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
                     const void* values) {
  check(functions().BackendSetAttribute(descriptor_, name, type, static_cast<std::int64_t>(count), values));
}

void Descriptor::set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& others) {
  std::vector<cudnnBackendDescriptor_t> pointers;
  for (const Descriptor& other : others) pointers.push_back(other.descriptor_);
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, pointers.size(), pointers.data());
}

std::size_t Descriptor::count(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const {
  std::int64_t there = 0;
  check(functions().BackendGetAttribute(descriptor_, name, type, 0, &there, nullptr));
  return static_cast<std::size_t>(there);
}

std::size_t Descriptor::fill(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                             std::size_t count, void* values) const {
  if (count == 0) return 0;
  std::int64_t there = 0;
  check(functions().BackendGetAttribute(descriptor_, name, type, static_cast<std::int64_t>(count), &there,
                                        values));
  return std::min(count, static_cast<std::size_t>(there));
}

std::vector<Descriptor> Descriptor::descriptors(cudnnBackendAttributeName_t name,
                                                cudnnBackendDescriptorType_t type,
                                                std::size_t at_most) const {
  std::vector<Descriptor> found;
  std::vector<cudnnBackendDescriptor_t> pointers;
  const std::size_t room = at_most > 0 ? at_most : count(name, CUDNN_TYPE_BACKEND_DESCRIPTOR);
  for (std::size_t i = 0; i < room; ++i) pointers.push_back(found.emplace_back(type).get());
  const std::size_t there = fill(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, room, pointers.data());
  found.erase(found.begin() + static_cast<std::ptrdiff_t>(there), found.end());
  return found;
}

}  // namespace bauta::cudnn

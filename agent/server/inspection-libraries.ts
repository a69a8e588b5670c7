// Read when a person with a tool asks for the first time. A file of our own, since a bundle loads packages in CommonJS by name only
// through a static import.
export {load} from '@grpc/proto-loader';
export {ReflectionService} from '@grpc/reflection';
export {HealthImplementation, protoPath as healthProto} from 'grpc-health-check';
